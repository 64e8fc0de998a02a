import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** What is missing in the markets of this process, and what became of it. */
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
      help: "Gaps of the markets this process cares for, by state: open, repairing, unrepairable",
      labelNames: ["state"],
      registers,
    });
    this.missingIds = new Gauge({
      name: "tapeline_missing_trades",
      help: "Raw trade ids missing in the markets this process cares for",
      registers,
    });
    this.oldestGap = new Gauge({
      name: "tapeline_oldest_gap_seconds",
      help: "Age of the oldest gap that has not ended; 0 without one",
      registers,
    });
    this.gapsChanged = new Counter({
      name: "tapeline_gaps_total",
      help: "Gaps by what became of them: found, repaired, void (the venue itself has no such trades)",
      labelNames: ["outcome"],
      registers,
    });
    this.repairAttempts = new Counter({
      name: "tapeline_repair_attempts_total",
      help: "Times a venue was asked for a gap, by outcome: answered, failed",
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
