import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

const CHECK_MS = 10;

/**
 * kafkajs 2.2.4 schedules a check of a connection's pending requests even if there are none, after
 * a negative time: every connection wakes the process a thousand times a second for nothing, and
 * Node 24 prints a TimeoutNegativeWarning. Here a check is scheduled only when requests are
 * pending.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const wait = Math.max(this.throttledUntil - Date.now(), CHECK_MS);
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, wait);
};
