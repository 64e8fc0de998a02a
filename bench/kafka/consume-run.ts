import { Controller, Module, UseFilters } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { EventPattern, Payload } from "@nestjs/microservices";
import type { MicroserviceOptions } from "@nestjs/microservices";
import { isClock } from "../../src/domain/trade.js";
import type { Delivery } from "../../src/streaming/transport.js";
import { built } from "../harness/built.js";
import { Tally } from "./tally.js";

/**
 * The product's path from a topic to a Nest handler, with the recorder's settings: validation,
 * lanes, offsets committed. Arguments: brokers, topic prefix, group, trades, markets. Prints a
 * `Consumed`.
 */
const [brokers = "", prefix = "", group = ""] = process.argv.slice(2);
const [trades = 0, markets = 0] = process.argv.slice(5).map(Number);

type Streaming = typeof import("../../src/streaming/strategy.js") &
  typeof import("../../src/streaming/streaming-figures.js") &
  typeof import("../../src/streaming/rethrow.filter.js") &
  typeof import("../../src/streaming/kafka/kafka-transport.js");
const { readConfig } = await built<typeof import("../../src/config/config.js")>("config/config.js");
const { Metrics } =
  await built<typeof import("../../src/metrics/metrics.js")>("metrics/metrics.js");
const { TransportStrategy } = await built<Streaming>("streaming/strategy.js");
const { RethrowFilter } = await built<Streaming>("streaming/rethrow.filter.js");
const { StreamingFigures } = await built<Streaming>("streaming/streaming-figures.js");
const { KafkaTransport } = await built<Streaming>("streaming/kafka/kafka-transport.js");

const RECORDER = Symbol("recorder");
const tally = new Tally(trades, markets);

@Controller()
@UseFilters(RethrowFilter)
class Counter {
  @EventPattern("trades", RECORDER)
  onTrades(@Payload() { records, undecodable }: Delivery<"trades">): void {
    if (undecodable.length > 0) throw new Error(undecodable[0]?.detail);
    for (const record of records) if (!isClock(record)) tally.see(record);
    tally.handled();
  }
}

@Module({ controllers: [Counter] })
class CounterModule {}

const config = readConfig({ KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix });
const transport = new KafkaTransport(config, new StreamingFigures(new Metrics()));
await transport.start();
const strategy = new TransportStrategy("recorder", RECORDER, transport, {
  group,
  ephemeral: false,
  lanes: config.writers,
  maxBatch: config.maxBatch,
  paceMs: config.flushMs,
});
const app = await NestFactory.createMicroservice<MicroserviceOptions>(CounterModule, {
  strategy,
  logger: ["error", "warn"],
});
await app.listen();
await tally.all();
await app.close();
await transport.close();
process.stdout.write(`${JSON.stringify(tally.result())}\n`);
process.exit(0);
