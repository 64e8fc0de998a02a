import type { Market } from "../../domain/market.js";
import type { Clock, Trade } from "../../domain/trade.js";
import type { Refused } from "../../venues/venue.js";
import { IdRanges } from "./id-ranges.js";

/** What a replay has sent for one market. */
export interface MarketTally {
  trades: number;
  /** Exchange times, epoch ms. */
  firstTime: number;
  lastTime: number;
  /** Raw ids. */
  firstOrd: bigint;
  lastOrd: bigint;
  /**
   * Runs of missing ids between the first and the last; undefined when there are too many to count.
   */
  gaps: { holes: number; ids: bigint } | undefined;
}

/** Refused entries of one reason, and where the first of them is. */
export interface RefusedTally {
  count: number;
  first: string;
}

interface Counting {
  trades: number;
  firstTime: number;
  lastTime: number;
  ids: IdRanges;
}

/** Counts what a replay reads, in constant memory. */
export class ReplayTally {
  trades = 0;
  entries = 0;
  readonly refused = new Map<string, RefusedTally>();
  private readonly counting = new Map<Market, Counting>();

  count(trades: readonly Trade[]): void {
    for (const { market, time, ord, count } of trades) {
      this.trades++;
      let known = this.counting.get(market);
      if (known === undefined) {
        known = {
          trades: 0,
          firstTime: time,
          lastTime: time,
          ids: new IdRanges(),
        };
        this.counting.set(market, known);
      }
      known.trades++;
      if (time < known.firstTime) known.firstTime = time;
      if (time > known.lastTime) known.lastTime = time;
      known.ids.add(BigInt(ord), count);
    }
  }

  refuse(file: string, place: number, refused: readonly Refused[]): void {
    for (const { reason, detail } of refused) {
      const known = this.refused.get(reason);
      if (known === undefined)
        this.refused.set(reason, {
          count: 1,
          first: `${file}:${place}: ${detail}`,
        });
      else known.count++;
    }
  }

  /**
   * A clock of each market at the newest trade of all: it closes the candles that are complete, and
   * no others.
   */
  clocks(): Clock[] {
    const newest = Math.max(...[...this.counting.values()].map(({ lastTime }) => lastTime));
    return [...this.counting.keys()].map((market) => ({
      market,
      clock: newest,
    }));
  }

  markets(): Map<Market, MarketTally> {
    return new Map(
      [...this.counting].map(([market, { ids, ...rest }]) => [
        market,
        {
          ...rest,
          firstOrd: ids.first ?? 0n,
          lastOrd: ids.last ?? 0n,
          gaps: ids.gaps(),
        },
      ]),
    );
  }
}
