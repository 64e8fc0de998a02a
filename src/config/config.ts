import { DEFAULT_INTERVALS, INTERVALS, type Interval } from "../domain/interval.js";
import { type Market, marketOf } from "../domain/market.js";
import { TapelineError } from "../domain/tapeline-error.js";
import { HOUR_MS } from "../domain/units.js";
import { type ContextSettings, contextSettings } from "./context-settings.js";
import { type Env, Reader, type Sasl } from "./environment-reader.js";

export type Role = "ingestion" | "recorder" | "api";
const ROLES: readonly Role[] = ["ingestion", "recorder", "api"];

export const DEFAULT_FEEDS: readonly Market[] = [
  "BTCUSDT",
  "ETHUSDT",
  "SOLUSDT",
  "BNBUSDT",
  "ADAUSDT",
].map((symbol) => marketOf("binance", symbol));

export class ConfigError extends TapelineError<"bad_config"> {
  constructor(readonly problems: readonly string[]) {
    super(
      "bad_config",
      `Configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
  }
}

/** All settings of the environment, read once and validated as a whole. */
export interface Config extends ContextSettings {
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
  kafkaSasl: Sasl | undefined;
  topicPrefix: string;
  /** Partitions of topics that do not exist yet. */
  kafkaPartitions: number;
  kafkaReplication: number;
  /** Shortest first; always holds `1m`, the source of the ticker and the BI views. */
  intervals: readonly Interval[];
  /** Ms that trades are kept; undefined means forever. */
  retentionMs: number | undefined;
  /**
   * Ms of history loaded for a market that is followed for the first time; undefined means none.
   */
  bootstrapMs: number | undefined;
  /** Backfills that this process runs concurrently; 0 means none. */
  backfillJobs: number;
  ingestKeys: readonly string[];
  roles: ReadonlySet<Role>;
  /** Open candles and live frames go out at most this often. */
  flushMs: number;
  /** Batches written concurrently, each on a connection of its own. */
  writers: number;
  maxBatch: number;
  corsOrigins: readonly string[];
  /** REST requests per minute and client address. */
  rateLimit: number;
  logLevel: "error" | "warn" | "log" | "debug";
  /** Base URL of a venue's streams, REST or bulk files, if configured. */
  venueUrl(venue: string, kind: "WS" | "REST" | "BULK"): string | undefined;
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
    bootstrapMs: read.duration("BOOTSTRAP", HOUR_MS),
    backfillJobs: read.integer("BACKFILL_JOBS", 1, 0, 16),
    ingestKeys: read.keys("INGEST_KEYS"),
    roles: new Set(roles),
    flushMs: read.integer("FLUSH_MS", 100, 10, 10_000),
    writers: read.integer("WRITERS", 2, 1, 32),
    maxBatch: read.integer("MAX_BATCH", 20_000, 100, 100_000),
    corsOrigins: read.list("CORS_ORIGINS"),
    rateLimit: read.integer("RATE_LIMIT", 600, 1, 1_000_000),
    logLevel: read.oneOf("LOG_LEVEL", ["error", "warn", "log", "debug"] as const, "log"),
    venueUrl: (venue, kind) => env[urlVariable(venue, kind)] || undefined,
    ...contextSettings(read),
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

/** Name of the setting, such as `BINANCE_USDM_REST_URL`. */
export function urlVariable(venue: string, kind: "WS" | "REST" | "BULK"): string {
  return `${venue.toUpperCase().replaceAll("-", "_")}_${kind}_URL`;
}

/** The one place that reads the process's environment. */
export function environment(): Config {
  return readConfig(process.env);
}
