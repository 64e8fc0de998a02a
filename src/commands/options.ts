import { ConfigError } from "../config.js";

/** A number above 0 from the command line. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError([
    `${name} must be a number above 0, not ${JSON.stringify(text)}`,
  ]);
}
