import {
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";
import { HealthChecks } from "../health/health-checks.js";
import { StreamingFigures } from "./streaming-figures.js";
import { ConsumerGroups } from "./consumer-groups.js";
import { InProcessTransport } from "./in-process/in-process-transport.js";
import { KafkaTransport } from "./kafka/kafka-transport.js";
import { Transport } from "./transport.js";

/** Global, so that Nest starts it first and shuts it down last. */
@Global()
@Module({
  providers: [
    ConsumerGroups,
    StreamingFigures,
    {
      provide: Transport,
      inject: [CONFIG, StreamingFigures],
      useFactory: (config: Config, figures: StreamingFigures): Transport =>
        config.kafkaBrokers.length > 0
          ? new KafkaTransport(config, figures)
          : new InProcessTransport(figures),
    },
  ],
  exports: [ConsumerGroups, StreamingFigures, Transport],
})
export class StreamingModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Transport) private readonly transport: Transport,
    checks: HealthChecks,
  ) {
    checks.add({
      name: "transport",
      layer: "transport",
      check: () => {
        const reason = transport.problem();
        return reason === null ? { state: "up", kind: transport.kind } : { state: "down", reason };
      },
    });
  }

  async onModuleInit(): Promise<void> {
    await this.transport.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
  }
}
