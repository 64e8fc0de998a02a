import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../../metrics/metrics.js";

/** Metrics of the live feed: clients and frames. */
@Injectable()
export class AudienceFigures {
  readonly clients: Gauge;
  readonly frames: Counter<"outcome">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.clients = new Gauge({
      name: "tapeline_clients",
      help: "Socket.IO clients connected",
      registers,
    });
    this.frames = new Counter({
      name: "tapeline_frames_total",
      help: "Socket.IO frames by outcome: sent, skipped (client too slow)",
      labelNames: ["outcome"],
      registers,
    });
  }
}
