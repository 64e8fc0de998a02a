import { ConfigError } from "../config/config.js";
import { timeFault, timeOf } from "../domain/time-text.js";

/** A number above 0 from the command line. Throws a ConfigError. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError([`${name} must be a number above 0, not ${JSON.stringify(text)}`]);
}

/** Epoch ms, read from a date, an ISO 8601 time or epoch ms. Throws a ConfigError. */
export function moment(name: string, text: string): number {
  const time = timeOf(text);
  if (time !== undefined) return time;
  const rule = `${name} must be a time such as 2024-01-01, 2024-01-01T12:00Z or epoch ms, not ${JSON.stringify(text)}`;
  throw new ConfigError([timeFault(rule, text)]);
}
