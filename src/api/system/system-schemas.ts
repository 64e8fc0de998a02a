import type { FeedState } from "../../domain/feed-state.js";
import {
  type Schema,
  count,
  flag,
  listOf,
  market,
  nullable,
  number,
  object,
  oneOf,
  part,
  reference,
  text,
  time,
} from "../../http/schema-parts.js";
import type { StoredDeadLetter } from "../../persistence/stores/dead-letter-store.js";
import type { Mode, Status } from "./status.js";
import type { DeadLetterSummary, MarketGaps, Queue, System } from "./system.js";

const feed = object<FeedState>({
  market,
  condition: oneOf("State of the feed", [
    "live",
    "connecting",
    "quiet",
    "stale",
    "down",
    "stopped",
  ]),
  since: time("When the condition last changed"),
  at: time(
    "When this was written; older than 15 s means that its process is gone",
  ),
  detail: nullable(text("What a person should know", "simulated data")),
  history: nullable(
    part(
      "Part of the history that the market starts with, while it is being made",
    ),
  ),
  lastTradeAt: nullable(time("When the newest trade arrived")),
  reconnects: count("Connections made again", 0),
  refused: count("Frames and trades that were not taken", 0),
});

const mode = object<Mode>({
  database: oneOf("Own or server PostgreSQL", ["embedded", "server"]),
  transport: oneOf("How trades travel", ["in-process", "kafka"]),
  why: text("What decided it", "DATABASE_URL and KAFKA_BROKERS are not set"),
});

const roles: Schema = {
  type: "array",
  items: { type: "string" },
  description: "What this process does",
  example: ["ingestion", "recorder", "api"],
};

const waiting = text(
  "While there is no data yet, or history is being made: what for",
  "Connecting to binance.",
);

const letterSummary = {
  id: text("Rises with time", "42"),
  reason: text("Stable code", "bad_price"),
  detail: text("What is wrong", "price must be above 0"),
  topic: text("Where it was read", "trades"),
  key: nullable(text("Key of the record: its market", "binance:BTCUSDT")),
  at: time("When it was refused"),
};

const status = object<Status>({
  version: text("Version of Tapeline", "0.1.0"),
  mode,
  roles,
  simulated: flag("Whether simulated prices are among the markets", false),
  notice: nullable(
    text(
      "What a person should know before trusting the figures",
      "Venue sim is simulated.",
    ),
  ),
  waiting: nullable(waiting),
  feeds: { type: "array", items: { $ref: "#/components/schemas/Feed" } },
  intervals: {
    type: "array",
    items: { type: "string" },
    description: "Stored intervals",
    example: ["1m", "5m", "1h"],
  },
  epoch: text(
    "Changes with the process; live frames carry it",
    "lz4k2v1c-9f3a",
  ),
  uptime: count("Seconds", 312),
});

const system = object<System>({
  version: text("Version of Tapeline", "0.1.0"),
  mode,
  roles,
  uptime: count("Seconds", 312),
  waiting: nullable(waiting),
  history: nullable(
    object<NonNullable<System["history"]>>(
      { done: part("Part that is made") },
      "The simulated venue's history, while it is being made",
    ),
  ),
  consumers: listOf(
    object<System["consumers"][number]>({
      group: oneOf("Consumer group", ["recorder", "api"]),
      assigned: flag("Has partitions and makes progress", true),
      lag: nullable(count("Records behind the end of its topics", 0)),
      lagAt: nullable(time("When that was true")),
      queued: count("Records fetched and waiting for their handler", 0),
    }),
    "Of this process",
  ),
  write: nullable(
    object<NonNullable<System["write"]>>(
      {
        windowSeconds: count("Seconds the figures are of", 60),
        batches: count("Transactions", 580),
        tradesPerSecond: number("Trades stored", 912.4),
        p50Ms: nullable(number("Median of one transaction", 4.1)),
        p99Ms: nullable(number("99th percentile", 18.2)),
      },
      "The last minute of this process; null where it does not record",
    ),
  ),
  queues: listOf(
    object<Queue>({
      queue: text("Consumer group and topic", "recorder trades"),
      depth: count("Records waiting", 0),
    }),
  ),
  feeds: listOf({
    allOf: [
      reference("Feed"),
      {
        type: "object",
        required: ["lagMs"],
        properties: {
          lagMs: {
            type: "integer",
            nullable: true,
            description:
              "Wall clock minus exchange time of the newest trade when it was stored; null where this process has stored none. Ms",
            example: 84,
          },
        },
      },
    ],
  }),
  gaps: listOf(
    object<MarketGaps>({
      market,
      open: count("Runs of missing ids", 1),
      missingIds: text("Raw ids that are missing", "24645"),
      repairing: count("Gaps that the venue is asked for", 1),
      unrepairable: count("Gaps that the venue does not tell", 0),
      repaired: count("Gaps that ended with trades, of the last 90 days", 12),
      void: count(
        "Gaps that the venue itself has no trades for, of the last 90 days",
        2,
      ),
      oldestFoundAt: nullable(
        time("When the oldest that has not ended was first seen"),
      ),
    }),
    "Markets with missing ids, or that had some",
  ),
  deadLetters: object<System["deadLetters"]>({
    total: count("All that are kept", 3),
    newest: listOf(object<DeadLetterSummary>(letterSummary), "At most 20"),
  }),
});

const deadLetter = object<StoredDeadLetter>({
  ...letterSummary,
  partition: count("Partition of the topic", 0),
  offset: text("Place in the partition", "8841"),
  payload: text("The record as text, cut at 8,192 characters", "{…"),
});

/** Components about what runs, by name. */
export const SYSTEM_SCHEMAS: Record<string, Schema> = {
  Feed: feed,
  Status: status,
  System: system,
  DeadLetter: deadLetter,
};
