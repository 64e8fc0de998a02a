import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of the feeds of this process. */
@Injectable()
export class FeedFigures {
  readonly up: Gauge<"market">;
  readonly reconnects: Counter<"venue">;
  readonly refused: Counter<"venue" | "reason">;
  readonly dropped: Counter<"venue">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.up = new Gauge({
      name: "tapeline_feed_up",
      help: "1 while a market's feed is live or quiet, 0 otherwise",
      labelNames: ["market"],
      registers,
    });
    this.reconnects = new Counter({
      name: "tapeline_feed_reconnects_total",
      help: "Reconnections, by venue",
      labelNames: ["venue"],
      registers,
    });
    this.refused = new Counter({
      name: "tapeline_feed_refused_total",
      help: "Frames and trades of a feed that were not accepted, by reason",
      labelNames: ["venue", "reason"],
      registers,
    });
    this.dropped = new Counter({
      name: "tapeline_feed_dropped_total",
      help: "Trades dropped by a feed because the transport had no room; each is a gap",
      labelNames: ["venue"],
      registers,
    });
  }
}
