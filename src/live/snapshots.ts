import { Injectable } from "@nestjs/common";
import type { Candle } from "../domain/candle.js";
import type { Trade } from "../domain/trade.js";
import { CandleStore } from "../persistence/stores/candles/candle-store.js";
import { TradeStore } from "../persistence/stores/trade-store.js";
import type { SubscribeRequest } from "./live-events.js";
import { LIVE_LIMITS } from "./live-limits.js";
import { TickerBoard } from "./ticker-board.js";
import type { Ticker } from "./ticker.js";

export interface Snapshot {
  snapshot: (Candle | Trade | Ticker)[];
  truncated: boolean;
}

/** Reads a new subscriber's initial state, as committed at the time of the request. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly candles: CandleStore,
    private readonly trades: TradeStore,
    private readonly board: TickerBoard,
  ) {}

  async of(request: SubscribeRequest & { channel: "candles" | "trades" }): Promise<Snapshot> {
    switch (request.channel) {
      case "candles":
        return this.candlesOf(request);
      case "trades":
        return {
          snapshot: await this.trades.page({
            market: request.market,
            limit: LIVE_LIMITS.snapshotTrades,
          }),
          truncated: false,
        };
    }
  }

  /**
   * Synchronous: no frame may be sent between the snapshot and its answer, since tickers have no
   * version by which a client could tell the newer one.
   */
  ofTickers(): Snapshot {
    return { snapshot: this.board.all(), truncated: false };
  }

  private async candlesOf({
    market,
    interval,
    since,
  }: SubscribeRequest & { channel: "candles" }): Promise<Snapshot> {
    const limit = LIVE_LIMITS.snapshotSince;
    if (since === undefined) {
      return {
        snapshot: await this.candles.page({
          market,
          interval,
          limit: LIVE_LIMITS.snapshotNewest,
        }),
        truncated: false,
      };
    }
    const wanted = await this.candles.page({ market, interval, since, limit: limit + 1 });
    return { snapshot: wanted.slice(-limit), truncated: wanted.length > limit };
  }
}
