import type { Trade } from "../../src/domain/trade.js";

/** The newest trades of one market, newest first, each once. */
export class TradeList {
  private list: readonly Trade[] = [];

  constructor(private readonly limit: number) {}

  get rows(): readonly Trade[] {
    return this.list;
  }

  /** False when every trade was known, or is older than all kept ones. */
  merge(trades: readonly Trade[]): boolean {
    const ids = new Set(this.list.map(({ id }) => id));
    const fresh: Trade[] = [];
    for (const trade of trades) {
      if (ids.has(trade.id)) continue;
      ids.add(trade.id);
      fresh.push(trade);
    }
    if (fresh.length === 0) return false;
    const all = [...fresh.reverse(), ...this.list].sort(newestFirst);
    const before = this.list;
    this.list = all.slice(0, this.limit);
    return (
      this.list.length !== before.length || this.list.some((trade, at) => trade !== before[at])
    );
  }

  /**
   * Resumes after the feed was lost, with the newest `trades`. Earlier ones are kept only if one of
   * them is among these; otherwise some may be missing in between.
   */
  resume(trades: readonly Trade[], sameServer: boolean): void {
    const ids = new Set(trades.map(({ id }) => id));
    if (!sameServer || !this.list.some(({ id }) => ids.has(id))) this.list = [];
    this.merge(trades);
  }
}

/** By (time, ord), as the tape is ordered; `ord` is integer text. */
function newestFirst(a: Trade, b: Trade): number {
  if (a.time !== b.time) return b.time - a.time;
  if (a.ord.length !== b.ord.length) return b.ord.length - a.ord.length;
  return a.ord < b.ord ? 1 : a.ord > b.ord ? -1 : 0;
}
