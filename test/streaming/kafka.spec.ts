import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import kafkajs from "kafkajs";
import { marketOf } from "../../src/domain/market.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Consumer, Transport } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { type TestKafka, describeKafka, kafkaForTests } from "../support/kafka.js";
import { deliversByContract } from "./contract-delivery.js";
import { livesByContract } from "./contract-life.js";
import { idsOf, many, noting, subscription } from "./contract.js";
import { type KafkaBench, openKafka, stranger } from "./kafka-bench.js";

describeKafka("Kafka transport", () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, 120_000);
  afterAll(() => kafka.stop());

  describe("by the contract", () => {
    deliversByContract(() => openKafka(kafka.brokers));
  });
  describe("by the contract, joining and leaving", () => {
    livesByContract(() => openKafka(kafka.brokers));
  });
  describe("on its own", () => {
    runsOnItsOwn(() => kafka.brokers);
  });
});

/** What only a broker has. */
function runsOnItsOwn(brokers: () => string): void {
  let bench: KafkaBench;
  afterEach(() => bench.close());

  it("creates missing topics with their settings, and finds those of another process", async () => {
    bench = await openKafka(brokers());
    await bench.another();
    const admin = stranger(brokers()).admin();
    await admin.connect();
    try {
      const policies: Record<string, unknown> = {};
      for (const topic of ["trades", "trades.bulk", "candles", "feeds", "trades.dead"]) {
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [
            {
              type: kafkajs.ConfigResourceTypes.TOPIC,
              name: bench.prefix + topic,
              configNames: ["cleanup.policy", "retention.ms", "message.timestamp.type"],
            },
          ],
        });
        const values = new Map(
          resources[0]?.configEntries.map(({ configName, configValue }) => [
            configName,
            configValue,
          ]),
        );
        expect(values.get("message.timestamp.type")).toBe("LogAppendTime");
        policies[topic] =
          `${values.get("cleanup.policy")} ${Number(values.get("retention.ms")) / 86_400_000}`;
      }
      expect(policies).toEqual({
        trades: "delete 7",
        "trades.bulk": "delete 7",
        candles: "compact,delete 7",
        feeds: "compact 7",
        "trades.dead": "delete 30",
      });
    } finally {
      await admin.disconnect();
    }
  });

  it("writes the candles of a market to the partition of its trades, with a key for each candle", async () => {
    bench = await openKafka(brokers());
    const markets = Array.from({ length: 12 }, (_, at) => marketOf("binance", `K${at}`));
    await bench.transport.produce(
      "trades",
      markets.flatMap((market) => many(market, 1, 1)),
    );
    await bench.transport.produce(
      "candles",
      markets.map((market) => ({ market, interval: "1m", openTime: 60_000 }) as Candle),
    );
    const seen = await readAll(["trades", "candles"], 24);
    for (const market of markets) {
      const trades = seen.find(({ key }) => key === market);
      const candles = seen.find(({ key }) => key === `${market}|1m|60000`);
      expect([candles?.partition, trades === undefined]).toEqual([trades?.partition, false]);
    }
  });

  it.each([
    ["fast", 3],
    ["slow", -3],
  ])("takes and dates the records of a producer that is hours %s", async (_, hours) => {
    bench = await openKafka(brokers());
    const real = Date.now.bind(Date);
    const spy = jest.spyOn(Date, "now").mockImplementation(() => real() + hours * 3_600_000);
    try {
      await bench.transport.produce("trades", many("binance:SKEW", 1, 3));
    } finally {
      spy.mockRestore();
    }
    const seen = await readAll(["trades"], 3);
    for (const { timestamp } of seen)
      expect(Math.abs(Number(timestamp) - Date.now())).toBeLessThan(60_000);
  });

  it("loses nothing while members come and go", async () => {
    bench = await openKafka(brokers());
    const ids = new Set<string>();
    const transports: Transport[] = [bench.transport, await bench.another()];
    const handler = async (delivery: Parameters<typeof idsOf>[0]) => {
      await sleep(10);
      for (const id of idsOf(delivery)) ids.add(id);
    };
    const join = (index: number): Promise<Consumer> | undefined =>
      transports[index]?.subscribe(
        subscription(bench.group, [["trades", handler]], {
          maxBatch: 500,
          lanes: 3,
        }),
      );
    let stop = false;
    let next = 0;
    const producing = (async () => {
      while (!stop) {
        const records = Array.from({ length: 20 }, (_, at) =>
          many(`binance:M${at}`, next + at * 10, 10),
        ).flat();
        next += 200;
        await bench.transport.produce("trades", records);
        await sleep(5);
      }
    })();
    const first = await join(0);
    await sleep(1_000);
    const second = await join(1);
    await sleep(3_000);
    await first?.close();
    await sleep(2_000);
    await join(0);
    await sleep(2_000);
    await second?.close();
    stop = true;
    await producing;
    await until(
      () => ids.size === next,
      30_000,
      () => `${ids.size} of ${next}`,
    );
  }, 90_000);

  it("starts a new consumer when the old one has stopped without an error, and an ephemeral one misses nothing", async () => {
    bench = await openKafka(brokers(), { watch: 300, silent: 2_000 });
    const got: string[] = [];
    const candles: number[] = [];
    const consumer = await bench.transport.subscribe(
      subscription(bench.group, [["trades", noting((delivery) => got.push(...idsOf(delivery)))]]),
    );
    const api = await bench.transport.subscribe(
      subscription(
        `${bench.prefix}api`,
        [
          [
            "candles",
            noting(({ records }) =>
              candles.push(...(records as Candle[]).map(({ openTime }) => openTime)),
            ),
          ],
        ],
        { ephemeral: true },
      ),
    );
    await until(() => consumer.status().assigned && api.status().assigned, 20_000);
    // Seen in production: the fetch loop ends without an event.
    for (const each of [consumer, api])
      await (
        each as unknown as {
          session: { client: { stop(): Promise<void> } };
        }
      ).session.client.stop();
    await bench.transport.produce("trades", many("binance:A", 1, 3));
    const candle = { market: "binance:A", interval: "1m", close: "1" };
    await bench.transport.produce("candles", [
      { ...candle, closed: true, version: 1, openTime: 7 } as Candle,
    ]);
    await until(() => got.length >= 3 && candles.length > 0, 30_000);
    const { values } = await bench.figures.consumerRestarts.get();
    expect(values.find(({ labels }) => labels.group === bench.group)?.labels.cause).toBe("stalled");
    await until(() => consumer.status().assigned, 30_000);
  }, 60_000);

  it("reports how far a group is behind, and deletes the group of an API process", async () => {
    bench = await openKafka(brokers(), { watch: 200 });
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const consumer = await bench.transport.subscribe(
      subscription(bench.group, [["trades", () => gate]]),
    );
    const group = `${bench.prefix}api`;
    const api = await bench.transport.subscribe(
      subscription(group, [["trades", noting(() => undefined)]], {
        ephemeral: true,
      }),
    );
    await bench.transport.produce("trades", many("binance:A", 1, 1_000));
    await until(() => consumer.status().lag === 1_000, 20_000);
    open();
    await until(() => consumer.status().lag === 0, 20_000);
    await until(() => api.status().assigned, 20_000);
    await api.close();
    const admin = stranger(brokers()).admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.map(({ groupId }) => groupId)).not.toContain(group);
  });

  /** What an ordinary consumer finds from the beginning. */
  async function readAll(
    topics: string[],
    count: number,
  ): Promise<{ key: string; partition: number; timestamp: string }[]> {
    const consumer = stranger(brokers()).consumer({
      groupId: `${bench.prefix}stranger`,
    });
    const seen: { key: string; partition: number; timestamp: string }[] = [];
    await consumer.connect();
    await consumer.subscribe({
      topics: topics.map((topic) => bench.prefix + topic),
      fromBeginning: true,
    });
    await consumer.run({
      eachMessage: ({ partition, message }) => {
        const { key, timestamp } = message;
        seen.push({ key: key?.toString() ?? "", partition, timestamp });
        return Promise.resolve();
      },
    });
    await until(() => seen.length >= count, 30_000);
    await consumer.disconnect();
    return seen;
  }
}
