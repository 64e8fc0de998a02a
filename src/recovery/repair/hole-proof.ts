import { Inject, Injectable } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import type { Hole } from "../../domain/coverage.js";
import type { Market } from "../../domain/market.js";
import type { IdRange } from "../../domain/ranges.js";
import { MINUTE_MS } from "../../domain/units.js";
import { CandleStore } from "../../persistence/stores/candle-store.js";
import { GapLedgerStore } from "../../persistence/stores/gap-ledger-store.js";
import type { Urgency } from "../../venues/rest/rest-budget.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Klines, Venue } from "../../venues/venue.js";
import { compare } from "../reconciliation/comparison.js";

/** Of one transaction: live trades of the market wait for it, and only candles beside a hole are touched. */
const TOGETHER = 50;

/** Of which market the holes are. */
export interface HolePlace {
  market: Market;
  venue: Venue;
  symbol: string;
}

/**
 * Whether a venue has trades under ids whose trades cannot be asked for, or not be kept any more: those that a file of its own
 * leaves out (files were published with hours left out, binance/binance-public-data#106, #213, #354, #458, under a right
 * checksum), and those of dropped days. Its candles tell: where each that could hold such a trade equals ours, made without
 * one, in every field, there is none that belongs in a candle.
 */
@Injectable()
export class HoleProof {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, "intervals">,
    private readonly hosts: VenueHosts,
    private readonly candles: CandleStore,
    private readonly ledger: GapLedgerStore,
  ) {}

  /**
   * Makes void what is proven to have no trade; gives how many of the holes are. All trades of the file must be stored.
   * Rejects with a VenueError when the venue has no answer.
   */
  async settle(
    place: HolePlace,
    holes: readonly Hole[],
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<number> {
    // Ours are of one minute; of longer candles few would be whole.
    if (!this.config.intervals.includes("1m")) return 0;
    const minutes = [...new Set(holes.flatMap(minutesOf))];
    const equal = await this.equalMinutes(
      place,
      minutes.sort((a, b) => a - b),
      urgency,
      signal,
    );
    const proven = holes.filter((hole) =>
      minutesOf(hole).every((minute) => equal.has(minute)),
    );
    for (let at = 0; at < proven.length; at += TOGETHER) {
      signal.throwIfAborted();
      await this.ledger.proven(place.market, proven.slice(at, at + TOGETHER));
    }
    return proven.length;
  }

  /** The same of holes among trades that are not kept. */
  async settleDropped(
    place: HolePlace,
    holes: readonly IdRange[],
    signal: AbortSignal,
  ): Promise<number> {
    const timed = await this.ledger.minutesAround(place.market, holes);
    // What is longer is an outage of ours, and has trades.
    const longest = place.venue.klines.maxPerRequest * MINUTE_MS;
    const short = timed.filter(({ after, before }) => before - after < longest);
    return this.settle(place, short, "repair", signal);
  }

  /** Those of the minutes (ascending open times) whose candle is the venue's. */
  private async equalMinutes(
    { market, venue, symbol }: HolePlace,
    minutes: readonly number[],
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<Set<number>> {
    const equal = new Set<number>();
    const { klines } = venue;
    for (const { start, end, due } of windows(minutes, klines)) {
      const question = klines.fetch(symbol, "1m", start, end);
      if (question === undefined) return equal;
      const theirs = byTime(
        await this.hosts.ask(venue, question, urgency, signal),
      );
      // Of a time that it does not tell, silence proves nothing.
      if (theirs.size === 0) continue;
      const span = { start, end, limit: klines.maxPerRequest };
      const ours = byTime(
        await this.candles.page({ market, interval: "1m", ...span }),
      );
      for (const minute of due) {
        const [own, its] = [ours.get(minute), theirs.get(minute)];
        const { outcome } = compare(own, its, klines.convention, undefined);
        if (outcome === "match") equal.add(minute);
      }
    }
    return equal;
  }
}

function minutesOf({ after, before }: Hole): number[] {
  const [from, to] = [after, before].map(
    (time) => time - (time % MINUTE_MS),
  ) as [number, number];
  return Array.from(
    { length: (to - from) / MINUTE_MS + 1 },
    (_, at) => from + at * MINUTE_MS,
  );
}

/** What one question each can be about. */
function windows(
  minutes: readonly number[],
  { maxPerRequest }: Klines,
): { start: number; end: number; due: number[] }[] {
  const result: { start: number; end: number; due: number[] }[] = [];
  for (const minute of minutes) {
    const open = result.at(-1);
    if (open !== undefined && minute < open.start + maxPerRequest * MINUTE_MS) {
      open.due.push(minute);
      open.end = minute + MINUTE_MS;
    } else
      result.push({ start: minute, end: minute + MINUTE_MS, due: [minute] });
  }
  return result;
}

function byTime<T extends { openTime: number }>(
  candles: readonly T[],
): Map<number, T> {
  return new Map(candles.map((candle) => [candle.openTime, candle]));
}
