/**
 * How far the server's clock is ahead of this browser's, ms; accurate to a second, the precision of
 * an HTTP date.
 */
let ahead = 0;

/** @param date the `Date` header of an answer that has just arrived */
export function noteServerTime(date: string | null): void {
  const time = date === null ? NaN : Date.parse(date);
  // Half of the second that the header truncates.
  if (Number.isFinite(time)) ahead = time + 500 - Date.now();
}

/** Epoch ms of the server's clock: ages of what it reports do not depend on this browser's. */
export function serverNow(): number {
  const now = Date.now();
  return Math.abs(ahead) < 2_000 ? now : now + ahead;
}
