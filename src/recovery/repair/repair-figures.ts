import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of gaps in the markets that this process claims, and of their repair. */
@Injectable()
export class RepairFigures {
  readonly gaps: Gauge<"state">;
  readonly missingIds: Gauge;
  readonly oldestGap: Gauge;
  readonly gapsChanged: Counter<"outcome">;
  readonly repairAttempts: Counter<"venue" | "outcome">;
  readonly repairedTrades: Counter<"venue">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.gaps = new Gauge({
      name: "tapeline_gaps",
      help: "Gaps of the markets claimed by this process, by state: open, repairing, unrepairable",
      labelNames: ["state"],
      registers,
    });
    this.missingIds = new Gauge({
      name: "tapeline_missing_trades",
      help: "Raw trade ids missing in the markets claimed by this process",
      registers,
    });
    this.oldestGap = new Gauge({
      name: "tapeline_oldest_gap_seconds",
      help: "Age of the oldest gap that has not ended; 0 without one",
      registers,
    });
    this.gapsChanged = new Counter({
      name: "tapeline_gaps_total",
      help: "Gaps by outcome: found, repaired, void (the venue itself has no such trades)",
      labelNames: ["outcome"],
      registers,
    });
    this.repairAttempts = new Counter({
      name: "tapeline_repair_attempts_total",
      help: "Attempts to fetch a gap from a venue, by outcome: answered, failed",
      labelNames: ["venue", "outcome"],
      registers,
    });
    this.repairedTrades = new Counter({
      name: "tapeline_repair_trades_total",
      help: "Trades fetched for gaps and sent on",
      labelNames: ["venue"],
      registers,
    });
  }
}
