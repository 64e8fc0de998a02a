import { Logger } from "@nestjs/common";
import { readConfig } from "../../../src/config/config.js";
import { isClock } from "../../../src/domain/trade.js";
import { Metrics } from "../../../src/metrics/metrics.js";
import { StreamingFigures } from "../../../src/streaming/streaming-figures.js";
import { KafkaTransport } from "../../../src/streaming/kafka/kafka-transport.js";
import type { Delivery } from "../../../src/streaming/transport.js";
import { Tally } from "../../kafka/tally.js";
import { PlatformaticTransport } from "./transport.js";

/**
 * From a topic to a handler with the recorder's settings, without Nest: the spike, or (`kafkajs`)
 * the product's transport. Arguments: which, brokers, topic prefix, group, trades, markets. Prints
 * a `Consumed`.
 */
const [which = "", brokers = "", prefix = "", group = ""] = process.argv.slice(2);
const [trades = 0, markets = 0] = process.argv.slice(6).map(Number);

// Standard output must contain only the result.
Logger.overrideLogger(false);
const tally = new Tally(trades, markets);
const config = readConfig({ KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix });
const Kind = which === "kafkajs" ? KafkaTransport : PlatformaticTransport;
const transport = new Kind(config, new StreamingFigures(new Metrics()));
await transport.start();
await transport.subscribe({
  group,
  ephemeral: false,
  lanes: config.writers,
  maxBatch: config.maxBatch,
  paceMs: config.flushMs,
  handlers: new Map([
    [
      "trades",
      ({ records, undecodable }: Delivery) => {
        if (undecodable.length > 0) throw new Error(undecodable[0]?.detail);
        for (const record of records as Delivery<"trades">["records"])
          if (!isClock(record)) tally.see(record);
        tally.handled();
        return Promise.resolve();
      },
    ],
  ]),
});
await tally.all();
await transport.close();
process.stdout.write(`${JSON.stringify(tally.result())}\n`);
process.exit(0);
