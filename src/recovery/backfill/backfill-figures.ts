import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of the backfills of this process. */
@Injectable()
export class BackfillFigures {
  readonly jobs: Gauge;
  readonly trades: Counter;
  readonly progress: Gauge<"job">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.jobs = new Gauge({
      name: "tapeline_backfill_jobs",
      help: "Backfills running in this process",
      registers,
    });
    this.trades = new Counter({
      name: "tapeline_backfill_trades_total",
      help: "Trades that backfills have read and stored, or found stored",
      registers,
    });
    this.progress = new Gauge({
      name: "tapeline_backfill_progress",
      help: "Part (0-1) that a running backfill has done, by the number of the job",
      labelNames: ["job"],
      registers,
    });
  }
}
