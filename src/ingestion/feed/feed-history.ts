import { Injectable } from "@nestjs/common";
import type { Market } from "../../domain/market.js";

type Listener = (market: Market, part: number | null) => void;

/** By which others say how much of a followed market's history is made, so that its feed's state tells it. */
@Injectable()
export class FeedHistory {
  private listener: Listener | undefined;

  /** `part` is 0–1; null when none is being made. */
  tell(market: Market, part: number | null): void {
    this.listener?.(market, part);
  }

  /** One listener: the feeds of this process. */
  listen(listener: Listener): void {
    this.listener = listener;
  }
}
