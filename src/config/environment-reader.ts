import { type Market, marketFault, readMarket } from "../domain/market.js";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.js";

export type Env = Readonly<Record<string, string | undefined>>;

/** How to log in to a broker. */
export interface Sasl {
  mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  username: string;
  password: string;
}

/** Reads variables one by one and collects their problems, so that one error can name them all. */
export class Reader {
  readonly problems: string[] = [];
  constructor(private readonly env: Env) {}

  private bad<T>(name: string, rule: string, fallback: T, secret = false): T {
    this.problems.push(
      `${name} must be ${rule}${secret ? "" : `, not ${JSON.stringify(this.env[name])}`}`,
    );
    return fallback;
  }

  text(name: string, fallback: string): string {
    return this.env[name] || fallback;
  }

  matching(name: string, fallback: string, pattern: RegExp, rule: string): string {
    const value = this.env[name] ?? fallback;
    return pattern.test(value) ? value : this.bad(name, rule, fallback);
  }

  integer(name: string, fallback: number, low: number, high: number): number {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    const number = Number(value);
    if (Number.isInteger(number) && number >= low && number <= high) return number;
    return this.bad(name, `an integer from ${low} to ${high}`, fallback);
  }

  decimal(name: string, fallback: number, low: number, high: number): number {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    const number = Number(value);
    if (Number.isFinite(number) && number >= low && number <= high) return number;
    return this.bad(name, `a number from ${low} to ${high}`, fallback);
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["true", "false"] as const, "false") === "true";
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    return (allowed as readonly string[]).includes(value)
      ? (value as T)
      : this.bad(name, `one of ${allowed.join(", ")}`, fallback);
  }

  list(name: string): string[] {
    return (this.env[name] ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }

  listOf<T extends string>(
    name: string,
    allowed: readonly T[],
    fallback: readonly T[],
  ): readonly T[] {
    const items = this.list(name);
    if (items.length === 0) return fallback;
    const unknown = items.filter((item) => !(allowed as readonly string[]).includes(item));
    if (unknown.length > 0) return this.bad(name, `a list of ${allowed.join(", ")}`, fallback);
    return allowed.filter((item) => items.includes(item));
  }

  markets(name: string, fallback: readonly Market[]): readonly Market[] {
    if (this.env[name] === undefined) return fallback;
    const items = [...new Set(this.list(name))];
    const wrong = items.filter((item) => readMarket(item) === undefined);
    return wrong.length === 0
      ? items
      : this.bad(
          name,
          marketFault("a list of venue:symbol, such as binance:BTCUSDT", wrong[0]),
          fallback,
        );
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const value = this.env[name];
    if (value === undefined || value === "") return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    // The value may hold a password: it is not repeated.
    return this.bad(
      name,
      `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
      undefined,
      true,
    );
  }

  venueUrls(): void {
    for (const name of Object.keys(this.env)) {
      if (name.endsWith("_WS_URL")) this.url(name, ["ws:", "wss:"]);
      if (name.endsWith("_REST_URL")) this.url(name, ["http:", "https:"]);
      if (name.endsWith("_BULK_URL")) this.url(name, ["http:", "https:", "file:"]);
    }
  }

  /** Ms; undefined for `off`, and for 0 where a fallback exists that can be turned off. */
  duration(name: string, fallback?: number): number | undefined {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    if (value === "off" || (value === "0" && fallback !== undefined)) return undefined;
    const match = /^(\d{1,5})(m|h|d)$/.exec(value);
    const unit = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }[match?.[2] ?? ""];
    if (match !== null && unit !== undefined && Number(match[1]) > 0)
      return Number(match[1]) * unit;
    return this.bad(name, "off or a whole number of m, h or d, such as 30d", undefined);
  }

  /** Ms, of a wait that cannot be turned off. */
  wait(name: string, fallback: number): number {
    const value = this.env[name];
    return value === "off" || value === "0"
      ? this.bad(name, "a whole number of m, h or d, such as 3m", fallback)
      : (this.duration(name, fallback) ?? fallback);
  }

  keys(name: string): string[] {
    const keys = this.list(name);
    return keys.every((key) => key.length >= 16)
      ? keys
      : this.bad(name, "a list of keys of at least 16 characters each", [], true);
  }

  sasl(): Sasl | undefined {
    const username = this.env["KAFKA_SASL_USERNAME"];
    const password = this.env["KAFKA_SASL_PASSWORD"];
    if (username === undefined && password === undefined) return undefined;
    if (!username || !password)
      return this.bad(
        "KAFKA_SASL_PASSWORD",
        "set together with KAFKA_SASL_USERNAME",
        undefined,
        true,
      );
    const mechanism = this.oneOf(
      "KAFKA_SASL_MECHANISM",
      ["plain", "scram-sha-256", "scram-sha-512"] as const,
      "plain",
    );
    return { mechanism, username, password };
  }
}
