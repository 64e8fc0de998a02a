import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { EventPattern, type MicroserviceOptions, Payload, Transport } from "@nestjs/microservices";
import { Tally } from "../kafka/tally.js";

/**
 * Nest's own Kafka transport, as its documentation shows it.
 *
 * Arguments: brokers, topic prefix, group, trades, markets. Prints a `Consumed`.
 */
const [brokers = "", prefix = "", groupId = ""] = process.argv.slice(2);
const [trades = 0, markets = 0] = process.argv.slice(5).map(Number);

const tally = new Tally(trades, markets);

@Controller()
class Counter {
  @EventPattern<string>(`${prefix}trades`)
  onTrade(@Payload() trade: { market: string; id: string }): void {
    tally.see(trade);
    tally.handled();
  }
}

@Module({ controllers: [Counter] })
class CounterModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(CounterModule, {
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [brokers] },
    consumer: { groupId },
    subscribe: { fromBeginning: true },
  },
  logger: ["fatal"],
});
await app.listen();
await tally.all();
await app.close();
process.stdout.write(`${JSON.stringify(tally.result())}\n`);
process.exit(0);
