import { ConfigError } from "../config/config.js";

/** A number above 0 from the command line. Throws a ConfigError. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError([`${name} must be a number above 0, not ${JSON.stringify(text)}`]);
}

/**
 * Epoch ms, read from a date, an ISO 8601 time (UTC unless it has an offset) or epoch ms. Throws a
 * ConfigError.
 */
export function moment(name: string, text: string): number {
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10));
  const zoned = text.length > 10 && !hasZone ? `${text}Z` : text;
  const time = isDate ? Date.parse(zoned) : Number(text);
  const isDay =
    !isDate ||
    new Date(Date.parse(text.slice(0, 10)) || 0).toISOString().startsWith(text.slice(0, 10));
  // Epoch seconds, read as ms, would lie in 1970.
  if (Number.isSafeInteger(time) && time > 1e11 && isDay) return time;
  throw new ConfigError([
    `${name} must be a time such as 2024-01-01, 2024-01-01T12:00Z or epoch ms, not ${JSON.stringify(text)}`,
  ]);
}
