import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Requests to the venues' REST, and their weight. */
@Injectable()
export class RestFigures {
  readonly requests: Counter<"host" | "urgency" | "outcome">;
  readonly weight: Gauge<"host">;
  readonly waiting: Gauge<"host" | "urgency">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.requests = new Counter({
      name: "tapeline_venue_questions_total",
      help: "Requests to a venue's REST, by urgency and outcome: answered, or the error code",
      labelNames: ["host", "urgency", "outcome"],
      registers,
    });
    this.weight = new Gauge({
      name: "tapeline_venue_weight",
      help: "Weight of a REST host's budget in use at its last answer",
      labelNames: ["host"],
      registers,
    });
    this.waiting = new Gauge({
      name: "tapeline_venue_questions_waiting",
      help: "Requests to a REST host that wait for their turn",
      labelNames: ["host", "urgency"],
      registers,
    });
  }
}
