import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** What is asked of the venues' REST, and what it costs. */
@Injectable()
export class RestFigures {
  readonly questions: Counter<"host" | "urgency" | "outcome">;
  readonly weight: Gauge<"host">;
  readonly waiting: Gauge<"host" | "urgency">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.questions = new Counter({
      name: "tapeline_venue_questions_total",
      help: "Questions to a venue's REST, by who asked (urgency) and outcome: answered, or why not",
      labelNames: ["host", "urgency", "outcome"],
      registers,
    });
    this.weight = new Gauge({
      name: "tapeline_venue_weight",
      help: "Weight of a REST host's budget that was used when it last answered",
      labelNames: ["host"],
      registers,
    });
    this.waiting = new Gauge({
      name: "tapeline_venue_questions_waiting",
      help: "Questions to a REST host that wait for their turn",
      labelNames: ["host", "urgency"],
      registers,
    });
  }
}
