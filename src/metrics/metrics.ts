import { Registry, collectDefaultMetrics } from "prom-client";

/** What an operator can scrape; one instance per application. Each context adds figures of its own to the registry. */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
