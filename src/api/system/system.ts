import type { Role } from "../../config/config.js";
import type { FeedState } from "../../domain/feed-state.js";
import type { Market } from "../../domain/market.js";
import type { StoredDeadLetter } from "../../persistence/stores/dead-letter-store.js";
import type { GapFigures } from "../../persistence/stores/gaps/gap-store.js";
import type { MarketSummary } from "../../persistence/stores/market-store.js";
import type { Rebuild } from "../../persistence/stores/unbuilt-store.js";
import type { ConsumerStatus } from "../../streaming/transport.js";
import type { Mode } from "./status.js";
import type { WriteFigures } from "./write-figures.js";

/** State of the system; consumers, writes and queues are those of this process. */
export interface System {
  version: string;
  mode: Mode;
  roles: Role[];
  /** Seconds. */
  uptime: number;
  /** As in `Status`. */
  waiting: string | null;
  /**
   * Part (0–1) of the simulated venue's history that is generated; null when none is being
   * generated.
   */
  history: { done: number } | null;
  consumers: ({ group: string } & ConsumerStatus)[];
  /** Null where this process does not record. */
  write: WriteFigures | null;
  queues: Queue[];
  feeds: SystemFeed[];
  /** Markets that have or had missing ids. */
  gaps: MarketGaps[];
  /** Stored intervals of which candles are not built, shortest first. */
  rebuilds: Rebuild[];
  deadLetters: { total: number; newest: DeadLetterSummary[] };
}

/** Records waiting in a bounded queue. */
export interface Queue {
  queue: string;
  depth: number;
}

export type SystemFeed = FeedState & {
  /**
   * Wall clock minus exchange time of the newest trade when it was stored; null where this process
   * has stored none.
   */
  lagMs: number | null;
};

export interface MarketGaps {
  market: Market;
  /** Ranges of missing ids. */
  open: number;
  missingIds: string;
  /** Of the open gaps that a process repairs: being requested, and given up for now. */
  repairing: number;
  unrepairable: number;
  /** Ended ones. */
  repaired: number;
  void: number;
  /** When the oldest open gap was first seen, epoch ms. */
  oldestFoundAt: number | null;
}

/** A dead letter without payload, partition and offset. */
export type DeadLetterSummary = Pick<
  StoredDeadLetter,
  "id" | "reason" | "detail" | "topic" | "key" | "at"
>;

export function gapsOf(
  markets: readonly MarketSummary[],
  ledger: readonly GapFigures[],
): MarketGaps[] {
  const known = new Map(ledger.map((figures) => [figures.market, figures]));
  return markets
    .filter(({ market, coverage }) => coverage.missing !== "0" || known.has(market))
    .map(({ market, coverage }) => {
      const figures = known.get(market);
      return {
        market,
        open: Math.max(0, coverage.ranges - 1),
        missingIds: coverage.missing,
        repairing: figures?.repairing ?? 0,
        unrepairable: figures?.unrepairable ?? 0,
        repaired: figures?.repaired ?? 0,
        void: figures?.void ?? 0,
        oldestFoundAt: figures?.oldestFoundAt ?? null,
      };
    });
}

export function summaryOf(letter: StoredDeadLetter): DeadLetterSummary {
  const { id, reason, detail, topic, key, at } = letter;
  return { id, reason, detail, topic, key, at };
}
