import {
  DEFAULT_INTERVALS,
  INTERVALS,
  type Interval,
} from "./domain/interval.js";
import { type Market, marketOf, parseMarket } from "./domain/market.js";

export type Role = "ingestion" | "recorder" | "api";
export const ROLES: readonly Role[] = ["ingestion", "recorder", "api"];

export const DEFAULT_FEEDS: readonly Market[] = [
  "BTCUSDT",
  "ETHUSDT",
  "SOLUSDT",
  "BNBUSDT",
  "ADAUSDT",
].map((symbol) => marketOf("binance", symbol));

type Env = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `Configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.name = "ConfigError";
  }
}

/** Everything the environment decides, read once and validated as a whole. */
export interface Config {
  /** Markets to follow; `explicit` when the user named them. */
  feeds: readonly Market[];
  feedsExplicit: boolean;
  port: number;
  host: string;
  dataDir: string;
  /** Server PostgreSQL; undefined means the embedded one. */
  databaseUrl: string | undefined;
  embeddedPort: number;
  /** Empty means the in-process transport. */
  kafkaBrokers: readonly string[];
  kafkaSsl: boolean;
  kafkaSasl:
    | {
        mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
        username: string;
        password: string;
      }
    | undefined;
  topicPrefix: string;
  /** Partitions of topics that do not exist yet. */
  kafkaPartitions: number;
  kafkaReplication: number;
  /** Shortest first; always holds `1m`, which the ticker and the BI views are made of. */
  intervals: readonly Interval[];
  /** Ms that trades are kept; undefined means for ever. */
  retentionMs: number | undefined;
  ingestKeys: readonly string[];
  roles: ReadonlySet<Role>;
  /** Open candles and live frames go out at most this often. */
  flushMs: number;
  /** Batches written side by side, each on a connection of its own. */
  writers: number;
  maxBatch: number;
  corsOrigins: readonly string[];
  /** REST requests a minute and client address. */
  rateLimit: number;
  simulator: {
    seed: number;
    rate: number;
    late: number;
    duplicate: number;
    disorder: number;
    missing: number;
    historyMs: number;
  };
  logLevel: "error" | "warn" | "log" | "debug";
  /** Base URL of a venue's streams or REST, if configured. */
  venueUrl(venue: string, kind: "WS" | "REST"): string | undefined;
}

/** Injection token of the one `Config` of an application. */
export const CONFIG = Symbol("config");

/** Throws a ConfigError that names every bad variable. */
export function readConfig(env: Env): Config {
  const read = new Reader(env);
  const kafkaBrokers = read.list("KAFKA_BROKERS");
  const roles = read.listOf("ROLES", ROLES, ROLES);
  const intervals = read.listOf("INTERVALS", INTERVALS, DEFAULT_INTERVALS);
  const wanted = new Set<Interval>([...intervals, "1m"]);
  const config: Config = {
    feeds: read.markets("FEEDS", DEFAULT_FEEDS),
    feedsExplicit: env["FEEDS"] !== undefined,
    port: read.integer("PORT", 3000, 0, 65_535),
    host: read.text("HOST", "127.0.0.1"),
    dataDir: read.text("DATA_DIR", ".tapeline"),
    databaseUrl: read.url("DATABASE_URL", ["postgres:", "postgresql:"]),
    embeddedPort: read.integer("EMBEDDED_PORT", 54_329, 1, 65_535),
    kafkaBrokers,
    kafkaSsl: read.flag("KAFKA_SSL"),
    kafkaSasl: read.sasl(),
    topicPrefix: read.matching(
      "TOPIC_PREFIX",
      "tapeline.",
      /^[a-zA-Z0-9._-]{0,80}$/,
      "letters, digits, dot, dash and underscore",
    ),
    kafkaPartitions: read.integer("KAFKA_PARTITIONS", 12, 1, 1_000),
    kafkaReplication: read.integer("KAFKA_REPLICATION", -1, -1, 10),
    intervals: INTERVALS.filter((interval) => wanted.has(interval)),
    retentionMs: read.duration("RETENTION"),
    ingestKeys: read.keys("INGEST_KEYS"),
    roles: new Set(roles),
    flushMs: read.integer("FLUSH_MS", 100, 10, 10_000),
    writers: read.integer("WRITERS", 2, 1, 32),
    maxBatch: read.integer("MAX_BATCH", 20_000, 100, 100_000),
    corsOrigins: read.list("CORS_ORIGINS"),
    rateLimit: read.integer("RATE_LIMIT", 600, 1, 1_000_000),
    simulator: {
      seed: read.integer("SIM_SEED", 1, 0, 2 ** 31),
      rate: read.decimal("SIM_RATE", 0.5, 0.01, 10_000),
      late: read.decimal("SIM_LATE", 0, 0, 1),
      duplicate: read.decimal("SIM_DUPLICATE", 0, 0, 1),
      disorder: read.decimal("SIM_DISORDER", 0, 0, 1),
      missing: read.decimal("SIM_MISSING", 0, 0, 1),
      historyMs: read.duration("SIM_HISTORY") ?? 86_400_000,
    },
    logLevel: read.oneOf(
      "LOG_LEVEL",
      ["error", "warn", "log", "debug"] as const,
      "log",
    ),
    venueUrl: (venue, kind) => env[urlVariable(venue, kind)],
  };
  read.venueUrls();
  if (roles.length < ROLES.length && kafkaBrokers.length === 0) {
    read.problems.push(
      `ROLES=${roles.join(",")} splits one application into processes, which only a broker can connect: set KAFKA_BROKERS, or leave ROLES out`,
    );
  }
  if (roles.length < ROLES.length && config.databaseUrl === undefined) {
    read.problems.push(
      `ROLES=${roles.join(",")} needs a database that all processes reach: set DATABASE_URL, or leave ROLES out`,
    );
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

function urlVariable(venue: string, kind: string): string {
  return `${venue.toUpperCase().replaceAll("-", "_")}_${kind}_URL`;
}

class Reader {
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

  matching(
    name: string,
    fallback: string,
    pattern: RegExp,
    rule: string,
  ): string {
    const value = this.env[name] ?? fallback;
    return pattern.test(value) ? value : this.bad(name, rule, fallback);
  }

  integer(name: string, fallback: number, low: number, high: number): number {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    const number = Number(value);
    if (Number.isInteger(number) && number >= low && number <= high)
      return number;
    return this.bad(name, `an integer from ${low} to ${high}`, fallback);
  }

  decimal(name: string, fallback: number, low: number, high: number): number {
    const value = this.env[name];
    if (value === undefined || value === "") return fallback;
    const number = Number(value);
    if (Number.isFinite(number) && number >= low && number <= high)
      return number;
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
    const unknown = items.filter(
      (item) => !(allowed as readonly string[]).includes(item),
    );
    if (unknown.length > 0)
      return this.bad(name, `a list of ${allowed.join(", ")}`, fallback);
    return allowed.filter((item) => items.includes(item));
  }

  markets(name: string, fallback: readonly Market[]): readonly Market[] {
    if (this.env[name] === undefined) return fallback;
    const items = [...new Set(this.list(name))];
    const wrong = items.filter((item) => parseMarket(item) === undefined);
    return wrong.length === 0
      ? items
      : this.bad(
          name,
          "a list of venue:symbol, such as binance:BTCUSDT",
          fallback,
        );
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const value = this.env[name];
    if (value === undefined || value === "") return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol))
      return value;
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
    }
  }

  duration(name: string): number | undefined {
    const value = this.env[name];
    if (value === undefined || value === "" || value === "off")
      return undefined;
    const match = /^(\d{1,5})(m|h|d)$/.exec(value);
    const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ""];
    if (match !== null && unit !== undefined && Number(match[1]) > 0)
      return Number(match[1]) * unit;
    return this.bad(
      name,
      "off or a whole number of m, h or d, such as 30d",
      undefined,
    );
  }

  keys(name: string): string[] {
    const keys = this.list(name);
    return keys.every((key) => key.length >= 16)
      ? keys
      : this.bad(
          name,
          "a list of keys of at least 16 characters each",
          [],
          true,
        );
  }

  sasl(): Config["kafkaSasl"] {
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

/** The one place that reads the process's environment. */
export function environment(): Config {
  return readConfig(process.env);
}
