import { Module } from "@nestjs/common";
import { MetricsController } from "./metrics.controller.js";

/** Serves the metrics of all contexts over HTTP. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {}
