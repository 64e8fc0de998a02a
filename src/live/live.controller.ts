import { Controller, UseFilters } from "@nestjs/common";
import { EventPattern, Payload } from "@nestjs/microservices";
import type { Market } from "../domain/market.js";
import { type Trade, isClock } from "../domain/trade.js";
import { RethrowFilter } from "../streaming/rethrow.filter.js";
import type { Delivery } from "../streaming/transport.js";
import { LiveRooms } from "./live-rooms.js";
import { TickerBoard } from "./ticker-board.js";
import { TickerLoader } from "./ticker-loader.js";

/**
 * `@EventPattern(topic, LIVE)` binds a handler to the consumer group of this process's live feed.
 */
export const LIVE = Symbol("live");

/** Passes records of the topics on to the rooms and the ticker board. */
@Controller()
@UseFilters(RethrowFilter)
export class LiveController {
  constructor(
    private readonly rooms: LiveRooms,
    private readonly board: TickerBoard,
    private readonly loader: TickerLoader,
  ) {}

  @EventPattern("candles", LIVE)
  candles(@Payload() delivery: Delivery<"candles">): void {
    this.rooms.candles(delivery.records);
    const changed = new Set<Market>();
    for (const candle of delivery.records) {
      if (candle.interval !== "1m") continue;
      // A market that is not on the board may have candles that this process has not received.
      if (!this.board.has(candle.market)) this.loader.request(candle.market);
      if (this.board.put(candle)) changed.add(candle.market);
    }
    this.rooms.tickers(changed);
  }

  @EventPattern("trades", LIVE)
  trades(@Payload() delivery: Delivery<"trades">): void {
    this.rooms.trades(delivery.records.filter((record): record is Trade => !isClock(record)));
  }
}
