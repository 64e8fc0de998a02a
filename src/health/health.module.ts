import { Module } from "@nestjs/common";
import { TerminusModule } from "@nestjs/terminus";
import { HealthController } from "./health.controller.js";
import { Readiness } from "./readiness.js";

/** Serves the `HealthChecks` over HTTP. */
@Module({
  imports: [
    TerminusModule.forRoot({
      errorLogStyle: "pretty",
      gracefulShutdownTimeoutMs: 0,
      logger: false,
    }),
  ],
  controllers: [HealthController],
  providers: [Readiness],
})
export class HealthModule {}
