import { Controller, Get, Header } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { Metrics } from "./metrics.js";

@ApiExcludeController()
@Controller("metrics")
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** Prometheus text format. */
  @Get()
  @Header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
  @Header("Cache-Control", "no-store")
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
