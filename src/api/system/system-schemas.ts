import type { FeedState, VenueClockState } from "../../domain/feed-state.js";
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
import type { Rebuild } from "../../persistence/stores/unbuilt-store.js";
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
  at: time("When this state was written; older than 15 s means that its process is gone"),
  detail: nullable(text("Detail for people", "simulated data")),
  history: nullable(
    part(
      "Part of the market's initial history that is generated so far; null when none is being generated",
    ),
  ),
  lastTradeAt: nullable(time("When the newest trade arrived")),
  reconnects: count("Reconnections", 0),
  refused: count("Frames and trades that were rejected", 0),
  clock: nullable(
    object<VenueClockState>(
      {
        skewMs: {
          type: "integer",
          nullable: true,
          description:
            "The venue's clock minus the machine's, ms; above 0 when the machine's is slow",
          example: -12,
        },
        jumps: count("How often it went ahead by more than 2 s at once, confirmed", 0),
        doubted: count("Messages that were further ahead of it when they came", 0),
      },
      "The venue's clock, by its messages; null where there are none",
    ),
  ),
});

const mode = object<Mode>({
  database: oneOf("Own or server PostgreSQL", ["embedded", "server"]),
  transport: oneOf("How trades travel", ["in-process", "kafka"]),
  why: text("The settings that decided it", "DATABASE_URL and KAFKA_BROKERS are not set"),
});

const roles: Schema = {
  type: "array",
  items: { type: "string" },
  description: "What this process does",
  example: ["ingestion", "recorder", "api"],
};

const waiting = text(
  "What the process is waiting for, while there is no data yet or history is being generated",
  "Connecting to binance.",
);

const deadLetterSummary = {
  id: text("Rises with time", "42"),
  reason: text("Stable code", "bad_price"),
  detail: text("What is wrong", "price must be above 0"),
  topic: text("Where it was read", "trades"),
  key: nullable(text("Key of the record: its market", "binance:BTCUSDT")),
  at: time("When it was rejected"),
};

const status = object<Status>({
  version: text("Version of Tapeline", "0.1.0"),
  mode,
  roles,
  simulated: flag("Whether simulated prices are among the markets", false),
  notice: nullable(
    text("Warning for people before they trust the figures", "Venue sim is simulated."),
  ),
  waiting: nullable(waiting),
  feeds: { type: "array", items: { $ref: "#/components/schemas/Feed" } },
  intervals: {
    type: "array",
    items: { type: "string" },
    description: "Stored intervals",
    example: ["1m", "5m", "1h"],
  },
  epoch: text("Changes with the process; live frames carry it", "lz4k2v1c-9f3a"),
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
      { done: part("Part that is generated") },
      "The simulated venue's history, while it is being generated",
    ),
  ),
  consumers: listOf(
    object<System["consumers"][number]>({
      group: oneOf("Consumer group", ["recorder", "api"]),
      assigned: flag("Has partitions and makes progress", true),
      lag: nullable(count("Records behind the end of its topics", 0)),
      lagAt: nullable(time("When the lag was measured")),
      queued: count("Records fetched and waiting for their handler", 0),
    }),
    "Of this process",
  ),
  write: nullable(
    object<NonNullable<System["write"]>>(
      {
        windowSeconds: count("Seconds that the figures cover", 60),
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
      repairing: count("Gaps being requested from the venue", 1),
      unrepairable: count("Gaps that the venue does not return", 0),
      repaired: count("Gaps closed by trades in the last 90 days", 12),
      void: count("Gaps closed in the last 90 days because the venue itself has no trades", 2),
      oldestFoundAt: nullable(time("When the oldest open gap was first seen")),
    }),
    "Markets that have or had missing ids",
  ),
  rebuilds: listOf(
    object<Rebuild>({
      interval: text("Interval", "5m"),
      markets: count("Markets whose candles are not all built", 3),
      done: part("Part of the market time that is built"),
      from: time("Beginning of what is left"),
      to: time("End of what is left, exclusive"),
      givenUp: flag(
        "Not being built, and refused with 409: cancelled, or the trades are not kept",
        false,
      ),
    }),
    "Stored intervals of which candles are not built, since the interval was not stored before",
  ),
  deadLetters: object<System["deadLetters"]>({
    total: count("All that are stored", 3),
    newest: listOf(object<DeadLetterSummary>(deadLetterSummary), "At most 20"),
  }),
});

const deadLetter = object<StoredDeadLetter>({
  ...deadLetterSummary,
  partition: count("Partition of the topic", 0),
  offset: text("Offset in the partition", "8841"),
  payload: text("The record as text, cut at 8,192 characters", "{…"),
});

/** Components of the system routes, by name. */
export const SYSTEM_SCHEMAS: Record<string, Schema> = {
  Feed: feed,
  Status: status,
  System: system,
  DeadLetter: deadLetter,
};
