import { Injectable } from "@nestjs/common";
import { Counter, Gauge, Histogram } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of writes, by the recorder and by backfills. Durations are seconds. */
@Injectable()
export class RecorderFigures {
  readonly eventLag: Gauge<"market">;
  readonly batchRecords: Histogram;
  readonly writeSeconds: Histogram;
  readonly trades: Counter<"outcome">;
  readonly candles: Counter<"kind">;
  readonly revisions: Counter<"reason">;
  readonly deadLetters: Counter<"reason">;
  readonly writeRetries: Counter<"cause">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.eventLag = new Gauge({
      name: "tapeline_event_lag_seconds",
      help: "Wall clock minus exchange time of the newest stored trade, at the moment it was stored",
      labelNames: ["market"],
      registers,
    });
    this.batchRecords = new Histogram({
      name: "tapeline_batch_records",
      help: "Records of a batch handed to the recorder",
      buckets: [1, 10, 100, 1_000, 5_000, 10_000, 20_000],
      registers,
    });
    this.writeSeconds = new Histogram({
      name: "tapeline_write_seconds",
      help: "Time of one write transaction, commit included",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.trades = new Counter({
      name: "tapeline_trades_total",
      help: "Trades by outcome: stored, duplicate, late (stored into a closed candle), expired (older than retention), conflict (contradicts a stored one)",
      labelNames: ["outcome"],
      registers,
    });
    this.candles = new Counter({
      name: "tapeline_candles_total",
      help: "Candle changes published, by kind: open, closed, revised",
      labelNames: ["kind"],
      registers,
    });
    this.revisions = new Counter({
      name: "tapeline_revisions_total",
      help: "Closed candles changed by trades, by reason: late, replay, posted, repair, backfill; one with several counts for each",
      labelNames: ["reason"],
      registers,
    });
    this.deadLetters = new Counter({
      name: "tapeline_dead_letters_total",
      help: "Records refused for good, by reason",
      labelNames: ["reason"],
      registers,
    });
    this.writeRetries = new Counter({
      name: "tapeline_write_retries_total",
      help: "Writes repeated, by cause: deadlock, market_gone, unavailable",
      labelNames: ["cause"],
      registers,
    });
  }
}
