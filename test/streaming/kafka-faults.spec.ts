import { readConfig } from "../../src/config.js";
import type { Trade } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics.js";
import { KafkaTransport } from "../../src/streaming/kafka-transport.js";
import { until } from "../support/app.js";
import { BrokenAcks } from "../support/broken-acks.js";
import { Broker } from "../support/broker.js";
import { describeOwnKafka, randomPrefix } from "../support/kafka.js";
import { freePort } from "../support/postgres.js";
import { trade } from "../support/tape.js";

const NOW = Date.now();
const many = (market: string, from: number, count: number): Trade[] =>
  Array.from({ length: count }, (_, index) =>
    trade(market, from + index, NOW + index),
  );

describeOwnKafka("a broker whose acknowledgements get lost", () => {
  let broker: Broker;
  let proxy: BrokenAcks;
  let transport: KafkaTransport;
  const prefix = randomPrefix();

  beforeAll(async () => {
    const port = await freePort();
    const own = await freePort();
    proxy = await BrokenAcks.start(port, own);
    broker = await Broker.start({ own, advertised: port });
    const config = readConfig({
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: "4",
    });
    transport = new KafkaTransport(config, new Metrics());
    await transport.start();
  }, 120_000);
  afterAll(async () => {
    await transport.close();
    await proxy.stop();
    await broker.stop();
  });

  // kafkajs gives a failed request's sequence numbers back; a request that took them next was dropped by the broker as
  // a duplicate of the first, and acknowledged.
  it("loses nothing that was acknowledged", async () => {
    await transport.produce("trades", many("binance:A", 1, 10));
    proxy.loseAcks(1);
    await Promise.all(
      [11, 21, 31].map((from) =>
        transport.produce("trades", many("binance:A", from, 10)),
      ),
    );
    expect(proxy.lost).toBe(1);
    const got = new Set<string>();
    const consumer = await transport.subscribe({
      group: `${prefix}reader`,
      ephemeral: false,
      handlers: new Map([
        [
          "trades",
          ({ records }) =>
            Promise.resolve(
              (records as Trade[]).forEach(({ id }) => got.add(id)),
            ),
        ],
      ]),
      lanes: 1,
      maxBatch: 1_000,
      paceMs: 0,
    });
    await until(
      () => got.size === 40,
      15_000,
      () => `only ${got.size} of 40 records are in the topic: ${[...got]}`,
    );
    await consumer.close();
  });
});
