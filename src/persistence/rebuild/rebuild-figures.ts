import { Injectable } from "@nestjs/common";
import { Counter, Gauge, Histogram } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of the building of candles by this process. Durations are seconds. */
@Injectable()
export class RebuildFigures {
  readonly candles: Counter<"interval">;
  readonly progress: Gauge<"interval">;
  readonly stepSeconds: Histogram;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.candles = new Counter({
      name: "tapeline_rebuilt_candles_total",
      help: "Candles built of stored trades or narrower candles, by interval",
      labelNames: ["interval"],
      registers,
    });
    this.progress = new Gauge({
      name: "tapeline_rebuild_progress",
      help: "Part (0-1) of the market time whose candles are built, by interval; 1 when there is nothing to build",
      labelNames: ["interval"],
      registers,
    });
    this.stepSeconds = new Histogram({
      name: "tapeline_rebuild_step_seconds",
      help: "Time for which building candles held a market's lock",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    });
  }
}
