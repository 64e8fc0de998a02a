import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of comparing candles with the venues' own. */
@Injectable()
export class ReconciliationFigures {
  readonly matchRatio: Gauge<"market">;
  readonly candlesCompared: Counter<"venue" | "outcome">;
  readonly candlesRefetched: Counter<"venue">;
  readonly differencesConfirmed: Counter<"venue" | "cause">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.matchRatio = new Gauge({
      name: "tapeline_match_ratio",
      help: "Part of a market's minutes of this UTC day and the one before that equal the venue's own candles",
      labelNames: ["market"],
      registers,
    });
    this.candlesCompared = new Counter({
      name: "tapeline_candles_compared_total",
      help: "Candles compared with the venue's own, by outcome: match, differs, missing_here, missing_there",
      labelNames: ["venue", "outcome"],
      registers,
    });
    this.candlesRefetched = new Counter({
      name: "tapeline_candles_refetched_total",
      help: "Candles whose trades were fetched again since they differ although none is missing",
      labelNames: ["venue"],
      registers,
    });
    this.differencesConfirmed = new Counter({
      name: "tapeline_differences_confirmed_total",
      help: "Candles that still differ from the venue's at the second comparison, by cause: incomplete (trades are missing), unexplained",
      labelNames: ["venue", "cause"],
      registers,
    });
  }
}
