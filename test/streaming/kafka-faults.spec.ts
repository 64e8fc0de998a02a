import { setTimeout as sleep } from "node:timers/promises";
import { TransportError } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { BrokenAcks } from "../support/broken-acks.js";
import { Broker } from "../support/broker.js";
import { describeOwnKafka } from "../support/kafka.js";
import { freePort } from "../support/postgres.js";
import { idsOf, many, noting, subscription } from "./contract.js";
import { type KafkaBench, openKafka } from "./kafka-bench.js";

describeOwnKafka("a broker whose acknowledgements get lost", () => {
  let broker: Broker;
  let proxy: BrokenAcks;
  let bench: KafkaBench;

  beforeAll(async () => {
    const port = await freePort();
    const own = await freePort();
    proxy = await BrokenAcks.start(port, own);
    broker = await Broker.start({ own, advertised: port });
    bench = await openKafka(`127.0.0.1:${port}`);
  }, 120_000);
  afterAll(async () => {
    await bench.close();
    await proxy.stop();
    await broker.stop();
  });

  // kafkajs releases a failed request's sequence numbers; the request that took them next was
  // dropped by the broker as a duplicate of the first, and acknowledged.
  it("loses nothing that was acknowledged", async () => {
    const { transport } = bench;
    await transport.produce("trades", many("binance:A", 1, 10));
    for (let round = 0; round < 5; round++) {
      proxy.loseAcks(1);
      await Promise.all(
        [11, 21, 31].map((from) =>
          transport.produce("trades", many("binance:A", round * 30 + from, 10)),
        ),
      );
    }
    expect(proxy.lost).toBe(5);
    const got = new Set<string>();
    await transport.subscribe(
      subscription(bench.group, [
        ["trades", noting((delivery) => idsOf(delivery).forEach((id) => got.add(id)))],
      ]),
    );
    await until(
      () => got.size === 160,
      30_000,
      () => `only ${got.size} of 160 records are in the topic`,
    );
  });
});

describeOwnKafka("a broker that is killed and comes back", () => {
  let broker: Broker;
  let bench: KafkaBench;

  beforeAll(async () => {
    broker = await Broker.start();
    bench = await openKafka(broker.brokers, { watch: 500 });
  }, 120_000);
  afterAll(async () => {
    await bench.close();
    await broker.stop();
  });

  it("loses nothing that was acknowledged, and recovers by itself", async () => {
    const { transport } = bench;
    const acknowledged: string[] = [];
    const refusals: unknown[] = [];
    const stored = new Set<string>();
    const consumer = await transport.subscribe(
      subscription(bench.group, [
        ["trades", noting((delivery) => idsOf(delivery).forEach((id) => stored.add(id)))],
      ]),
    );
    let stop = false;
    let next = 0;
    const writer = async (market: string): Promise<void> => {
      while (!stop) {
        const records = many(market, (next += 50), 50);
        try {
          await transport.produce("trades", records);
          acknowledged.push(...records.map(({ id }) => id));
        } catch (error) {
          refusals.push(error);
        }
        await sleep(5);
      }
    };
    const writers = ["A", "B", "C"].map((name) => writer(`binance:${name}`));
    await until(() => stored.size > 1_000, 20_000);
    for (let kills = 0; kills < 3; kills++) {
      await broker.kill();
      const before = acknowledged.length;
      // Longer than a call waits, the second time: then it is refused.
      await sleep(kills === 1 ? 12_000 : 1_500);
      expect(transport.problem()).not.toBeNull();
      await broker.restart();
      await until(() => acknowledged.length > before + 1_000, 40_000);
      expect(transport.problem()).toBeNull();
    }
    stop = true;
    await Promise.all(writers);
    const missing = (): number => acknowledged.filter((id) => !stored.has(id)).length;
    await until(
      () => missing() === 0,
      40_000,
      () => `${missing()} of ${acknowledged.length} acknowledged records missing`,
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const error of refusals)
      expect([error instanceof TransportError, (error as TransportError).code]).toEqual([
        true,
        "unavailable",
      ]);
    await until(() => consumer.status().assigned, 20_000);
  }, 180_000);

  it("does not hold up closing while it is away", async () => {
    const lonely = await openKafka(broker.brokers);
    await lonely.transport.subscribe(
      subscription(lonely.group, [["trades", noting(() => undefined)]]),
    );
    const sent = lonely.transport.produce("trades", many("binance:A", 1, 1));
    await sent;
    await broker.kill();
    const late = lonely.transport
      .produce("trades", many("binance:A", 2, 1))
      .catch((error: unknown) => error);
    await sleep(500);
    const began = Date.now();
    await lonely.close();
    expect(Date.now() - began).toBeLessThan(25_000);
    expect(await late).toBeInstanceOf(TransportError);
    await broker.restart();
  }, 120_000);
});
