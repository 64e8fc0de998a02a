import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

const CHECK_MS = 10;

/**
 * kafkajs 2.2.4 plans a look at a connection's waiting requests also when none wait, and computes the time of it as a
 * negative number: every connection wakes the process a thousand times a second for nothing, and Node 24 prints a
 * TimeoutNegativeWarning. Here a look is planned only when there is something to look for.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const wait = Math.max(this.throttledUntil - Date.now(), CHECK_MS);
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, wait);
};
