// Exchange times are floored to ms as text: a multiplication can round 1616663618.9999999 s up to
// the next millisecond, and the same trade would have two times.

const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;
const SECONDS = /^(\d{9,11})(?:\.(\d{1,12}))?$/;

/** Epoch ms of `2026-08-09T21:05:48.228568804Z`; NaN for anything else. */
export function isoTime(value: unknown): number {
  const match = typeof value === "string" ? ISO.exec(value) : null;
  return match === null ? NaN : Date.parse(`${match[1]}Z`) + milliseconds(match[2]);
}

/** Epoch ms of epoch seconds, whole or with a fraction; NaN for anything else. */
export function secondsTime(value: unknown): number {
  const match = typeof value === "string" ? SECONDS.exec(value) : null;
  return match === null ? NaN : Number(match[1]) * 1_000 + milliseconds(match[2]);
}

/** Epoch ms of whole epoch ms; NaN for anything else. */
export function millisecondsTime(value: unknown): number {
  return typeof value === "string" && /^\d{12,14}$/.test(value) ? Number(value) : NaN;
}

/** Epoch ms of whole epoch µs; NaN for anything else. */
export function microsecondsTime(value: unknown): number {
  return typeof value === "string" && /^\d{15,17}$/.test(value) ? Number(value.slice(0, -3)) : NaN;
}

function milliseconds(fraction = ""): number {
  return Number(fraction.slice(0, 3).padEnd(3, "0"));
}
