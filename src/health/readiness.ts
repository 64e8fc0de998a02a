import { Injectable } from "@nestjs/common";
import type { BeforeApplicationShutdown } from "@nestjs/common";
import { type Health, HealthChecks } from "./health-checks.js";

@Injectable()
export class Readiness implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(checks: HealthChecks) {
    checks.add({
      name: "process",
      layer: "process",
      check: () => this.health(),
    });
  }

  /** Load balancers must stop sending before connections close. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  private health(): Health {
    return this.stopping ? { state: "down", reason: "shutting down" } : { state: "up" };
  }
}
