import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of the venues' clocks, as this process sees them. */
@Injectable()
export class ClockFigures {
  readonly jumps: Counter<"venue" | "outcome">;
  readonly skew: Gauge<"venue">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.jumps = new Counter({
      name: "tapeline_venue_clock_jumps_total",
      help: "Messages ahead of the venue's clock by more than 2 s, by outcome: confirmed (another message agreed, and the clock was moved), doubted",
      labelNames: ["venue", "outcome"],
      registers,
    });
    this.skew = new Gauge({
      name: "tapeline_venue_clock_skew_seconds",
      help: "The venue's clock minus this machine's; above 0 when ours is slow",
      labelNames: ["venue"],
      registers,
    });
  }
}
