import { Registry, collectDefaultMetrics } from "prom-client";

/**
 * The Prometheus registry; one instance per application. Each context registers its own metrics.
 */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
