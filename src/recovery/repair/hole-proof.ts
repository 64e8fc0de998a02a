import { Injectable } from "@nestjs/common";
import type { Hole } from "../../domain/coverage.js";
import type { Market } from "../../domain/market.js";
import type { IdRange } from "../../domain/ranges.js";
import { MINUTE_MS } from "../../domain/units.js";
import { CandleStore } from "../../persistence/stores/candles/candle-store.js";
import { GapLedgerStore } from "../../persistence/stores/gaps/gap-ledger-store.js";
import type { Urgency } from "../../venues/rest/rest-budget.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Klines, Venue } from "../../venues/venue.js";
import { compare } from "../reconciliation/comparison.js";

/**
 * Holes per transaction: live trades of the market wait for it. Only candles beside a hole change.
 */
const MAX_HOLES = 50;

/** The market of the holes. */
export interface HolePlace {
  market: Market;
  venue: Venue;
  symbol: string;
}

/**
 * Proves by a venue's candles that it has no trade for some ids, where the trades themselves cannot
 * be fetched or are no longer kept: ids that its own bulk file leaves out (files were published
 * with hours left out, binance/binance-public-data#106, #213, #354, #458, under a correct
 * checksum), and ids of dropped days. Where every candle that could hold such a trade equals ours,
 * made without one, in every field, the venue has none that belongs in a candle.
 */
@Injectable()
export class HoleProof {
  constructor(
    private readonly hosts: VenueHosts,
    private readonly candles: CandleStore,
    private readonly ledger: GapLedgerStore,
  ) {}

  /**
   * Marks holes that provably have no trade as void; resolves to their number. All trades of the
   * file must be stored before. Rejects with a VenueError when a request fails.
   */
  async settle(
    place: HolePlace,
    holes: readonly Hole[],
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<number> {
    // Only one-minute candles are compared: few longer ones would be complete.
    const minutes = [...new Set(holes.flatMap(minutesOf))];
    const equal = await this.equalMinutes(
      place,
      minutes.sort((a, b) => a - b),
      urgency,
      signal,
    );
    const proven = holes.filter((hole) => minutesOf(hole).every((minute) => equal.has(minute)));
    for (let at = 0; at < proven.length; at += MAX_HOLES) {
      signal.throwIfAborted();
      await this.ledger.proven(place.market, proven.slice(at, at + MAX_HOLES));
    }
    return proven.length;
  }

  /** The same for holes among trades that are no longer kept. */
  async settleDropped(
    place: HolePlace,
    holes: readonly IdRange[],
    signal: AbortSignal,
  ): Promise<number> {
    const timed = await this.ledger.minutesAround(place.market, holes);
    // A longer hole is an outage of ours, and has trades.
    const maxMs = place.venue.klines.maxPerRequest * MINUTE_MS;
    const short = timed.filter(({ after, before }) => before - after < maxMs);
    return this.settle(place, short, "repair", signal);
  }

  /** Those of the minutes (ascending open times) whose candle equals the venue's. */
  private async equalMinutes(
    { market, venue, symbol }: HolePlace,
    minutes: readonly number[],
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<Set<number>> {
    const equal = new Set<number>();
    const { klines } = venue;
    for (const { start, end, due } of windows(minutes, klines)) {
      const request = klines.fetch(symbol, "1m", start, end);
      if (request === undefined) return equal;
      const theirs = byTime(await this.hosts.fetch(venue, request, urgency, signal));
      // An empty answer proves nothing: the venue may not serve that time.
      if (theirs.size === 0) continue;
      const span = { start, end, limit: klines.maxPerRequest };
      const ours = byTime(await this.candles.page({ market, interval: "1m", ...span }));
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
  const [from, to] = [after, before].map((time) => time - (time % MINUTE_MS)) as [number, number];
  return Array.from({ length: (to - from) / MINUTE_MS + 1 }, (_, at) => from + at * MINUTE_MS);
}

/** Groups minutes into windows of one request each. */
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
    } else result.push({ start: minute, end: minute + MINUTE_MS, due: [minute] });
  }
  return result;
}

function byTime<T extends { openTime: number }>(candles: readonly T[]): Map<number, T> {
  return new Map(candles.map((candle) => [candle.openTime, candle]));
}
