import { Module } from "@nestjs/common";
import { MetricsController } from "./metrics.controller.js";

/** The figures of all contexts, over HTTP. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {}
