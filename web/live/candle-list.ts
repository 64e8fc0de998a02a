import type { Candle } from "../../src/domain/candle.js";

/**
 * Candles of one market and interval by `openTime`; the higher version of each wins, in any order
 * of arrival.
 */
export class CandleList {
  private list: Candle[] = [];
  private readonly before = new Map<number, Candle>();

  get rows(): readonly Candle[] {
    return this.list;
  }

  get first(): Candle | undefined {
    return this.list[0];
  }

  get last(): Candle | undefined {
    return this.list.at(-1);
  }

  /** By `openTime`: revised candles as they closed. */
  get unrevised(): ReadonlyMap<number, Candle> {
    return this.before;
  }

  at(openTime: number): Candle | undefined {
    const row = this.list[this.indexOf(openTime)];
    return row?.openTime === openTime ? row : undefined;
  }

  /** Index of the first candle that opens at `openTime` or later; the length if there is none. */
  indexOf(openTime: number): number {
    let [low, high] = [0, this.list.length];
    // Nearly all look-ups are at the end.
    if (openTime > (this.last?.openTime ?? -1)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle]?.openTime ?? 0) < openTime) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lowest index that has changed; undefined if every version was known already. */
  merge(candles: readonly Candle[]): number | undefined {
    const first = this.first?.openTime;
    const older: Candle[] = [];
    let from: number | undefined;
    for (const candle of candles) {
      if (first !== undefined && candle.openTime < first) older.push(candle);
      else from = lowest(from, this.put(candle));
    }
    if (older.length === 0) return from;
    const front = new CandleList();
    front.merge(older.sort((a, b) => a.openTime - b.openTime));
    this.list = [...front.list, ...this.list];
    return 0;
  }

  /** Replaces all candles with `candles` (ascending); returns the same as `merge`. */
  replace(candles: readonly Candle[]): number | undefined {
    const old = this.list;
    let from: number | undefined;
    for (const [index, candle] of candles.entries()) {
      const held = this.at(candle.openTime);
      if (held !== undefined) this.note(held, candle);
      if (!isSame(old[index], candle)) from = lowest(from, index);
    }
    if (old.length > candles.length) from = lowest(from, candles.length);
    this.list = [...candles];
    for (const openTime of this.before.keys())
      if ((this.at(openTime)?.revision ?? 0) === 0) this.before.delete(openTime);
    return from;
  }

  private put(candle: Candle): number | undefined {
    const index = this.indexOf(candle.openTime);
    const held = this.list[index];
    if (held?.openTime !== candle.openTime) {
      this.list.splice(index, 0, candle);
      return index;
    }
    if (candle.version <= held.version) return undefined;
    this.note(held, candle);
    this.list[index] = candle;
    return index;
  }

  private note(held: Candle, candle: Candle): void {
    const { openTime, closed, revision } = held;
    if (closed && candle.revision > revision && !this.before.has(openTime))
      this.before.set(openTime, held);
  }
}

export function lowest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/**
 * Compares more than the version: another server's store may have another candle under the same
 * one.
 */
function isSame(a: Candle | undefined, b: Candle): boolean {
  return (
    a?.openTime === b.openTime &&
    a.version === b.version &&
    a.close === b.close &&
    a.volume === b.volume
  );
}
