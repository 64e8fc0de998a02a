import { Injectable } from "@nestjs/common";
import { Counter, Gauge } from "prom-client";
import { Metrics } from "../metrics/metrics.js";

/** Metrics of the consumer groups. */
@Injectable()
export class StreamingFigures {
  readonly consumerLag: Gauge<"group">;
  readonly queueDepth: Gauge<"queue">;
  readonly recordsDropped: Counter<"group" | "topic">;
  readonly consumerRestarts: Counter<"group" | "cause">;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.consumerLag = new Gauge({
      name: "tapeline_consumer_lag_records",
      help: "Records between a consumer group and the end of its topics",
      labelNames: ["group"],
      registers,
    });
    this.queueDepth = new Gauge({
      name: "tapeline_queue_records",
      help: "Records waiting in a bounded queue",
      labelNames: ["queue"],
      registers,
    });
    this.recordsDropped = new Counter({
      name: "tapeline_dropped_records_total",
      help: "Records dropped for a group of one process that was too slow; a newer state may have replaced them",
      labelNames: ["group", "topic"],
      registers,
    });
    this.consumerRestarts = new Counter({
      name: "tapeline_consumer_restarts_total",
      help: "Consumers restarted, by cause: crash, stalled",
      labelNames: ["group", "cause"],
      registers,
    });
  }
}
