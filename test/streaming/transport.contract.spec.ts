import { setTimeout as sleep } from "node:timers/promises";
import kafkajs from "kafkajs";
import { readConfig } from "../../src/config.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import { isClock } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics.js";
import { InProcessTransport } from "../../src/streaming/in-process-transport.js";
import { KafkaTransport } from "../../src/streaming/kafka-transport.js";
import type { TopicName } from "../../src/streaming/topics.js";
import type {
  Delivery,
  DeliveryHandler,
  Subscription,
  Transport,
} from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import {
  type TestKafka,
  describeKafka,
  kafkaForTests,
  randomPrefix,
} from "../support/kafka.js";
import { trade } from "../support/tape.js";

interface Bench {
  transport: Transport;
  group: string;
  /** A second process, where the transport spans processes. */
  another?: () => Promise<Transport>;
  /** Puts bytes on a topic past the producer. */
  raw?: (topic: TopicName, key: string, value: Buffer) => Promise<void>;
  close: () => Promise<void>;
}

const NOW = Date.now();
const many = (market: string, from: number, count: number): Trade[] =>
  Array.from({ length: count }, (_, index) =>
    trade(market, from + index, NOW + index),
  );
const idsOf = (delivery: Delivery): string[] =>
  (delivery.records as Trade[]).map(({ id }) => id);

function subscription(
  group: string,
  handlers: [TopicName, DeliveryHandler][],
  more: Partial<Subscription> = {},
): Subscription {
  return {
    group,
    ephemeral: false,
    handlers: new Map(handlers),
    lanes: 2,
    maxBatch: 20_000,
    paceMs: 10,
    ...more,
  };
}

function keepsTheContract(open: () => Promise<Bench>): void {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());

  it("delivers arrays, in order within each market", async () => {
    const got: Trade[] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          (delivery) =>
            Promise.resolve(void got.push(...(delivery.records as Trade[]))),
        ],
      ]),
    );
    const input = Array.from({ length: 3_000 }, (_, index) =>
      trade(`binance:M${index % 7}`, index, NOW + index),
    );
    for (let at = 0; at < input.length; at += 500)
      await bench.transport.produce("trades", input.slice(at, at + 500));
    await until(() => got.length >= input.length, 20_000);
    for (let market = 0; market < 7; market++) {
      const name = `binance:M${market}`;
      expect(got.filter((record) => record.market === name)).toEqual(
        input.filter((record) => record.market === name),
      );
    }
  });

  it("delivers a batch again when its handler fails, and acknowledges nothing before", async () => {
    const attempts: string[][] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          (delivery) => {
            attempts.push(idsOf(delivery));
            return attempts.length < 3
              ? Promise.reject(new Error("not yet"))
              : Promise.resolve();
          },
        ],
      ]),
    );
    await bench.transport.produce("trades", many("binance:A", 1, 5));
    await until(() => attempts.length >= 3, 20_000);
    expect(attempts.slice(0, 3)).toEqual([
      ["1", "2", "3", "4", "5"],
      ["1", "2", "3", "4", "5"],
      ["1", "2", "3", "4", "5"],
    ]);
  });

  it("delivers the good records of a batch beside the reason and origin of each bad one", async () => {
    const records: Trade[] = [];
    const bad: Delivery["undecodable"] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          (delivery) => {
            records.push(...(delivery.records as Trade[]));
            bad.push(...delivery.undecodable);
            return Promise.resolve();
          },
        ],
      ]),
    );
    const wrong: Partial<Trade>[] = [
      { amount: "-1" },
      { price: "1".repeat(40) },
      { price: 5 as never },
      { ord: "9223372036854775808" },
      { time: 0 },
      { time: Date.UTC(2100, 0) },
      { count: 2_000_000, kind: "aggregated" },
      { price: "1e5" },
    ];
    await bench.transport.produce("trades", [
      trade("binance:A", 1, NOW),
      ...wrong.map((fields, index) =>
        trade("binance:A", 10 + index, NOW, fields),
      ),
      trade("binance:A", 2, NOW),
    ]);
    await bench.raw?.("trades", "binance:A", Buffer.from([0xff, 0x00, 0x7b]));
    const garbage = bench.raw === undefined ? [] : ["undecodable"];
    await until(
      () => records.length + bad.length >= 2 + wrong.length + garbage.length,
      20_000,
    );
    expect(records.map(({ id }) => id)).toEqual(["1", "2"]);
    expect(bad.map(({ reason }) => reason)).toEqual([
      "bad_amount",
      "bad_price",
      "bad_price",
      "bad_ord",
      "bad_time",
      "bad_time",
      "bad_count",
      "bad_price",
      ...garbage,
    ]);
    for (const { offset, detail, key } of bad)
      expect([/^\d+$/.test(offset), detail.length > 10, key]).toEqual([
        true,
        true,
        "binance:A",
      ]);
  });

  it("hands over what came in meanwhile as one larger batch", async () => {
    const sizes: number[] = [];
    const slow: DeliveryHandler = async (delivery) => {
      sizes.push(delivery.records.length);
      await sleep(300);
    };
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", slow]], {
        lanes: 1,
        maxBatch: 5_000,
      }),
    );
    const sent = Array.from({ length: 12 }, (_, index) =>
      bench.transport.produce(
        "trades",
        many("binance:A", index * 1_000, 1_000),
      ),
    );
    await until(
      () => sizes.reduce((sum, size) => sum + size, 0) >= 12_000,
      30_000,
    );
    await Promise.all(sent);
    expect(Math.max(...sizes)).toBe(5_000);
    expect(sizes.length).toBeLessThan(9);
  });

  it("handles live records before the bulk ones that wait", async () => {
    const order: string[] = [];
    const note =
      (name: string): DeliveryHandler =>
      async ({ records }) => {
        order.push(...records.map(() => name));
        await sleep(150);
      };
    await bench.transport.subscribe(
      subscription(
        bench.group,
        [
          ["trades", note("live")],
          ["trades.bulk", note("bulk")],
        ],
        { lanes: 1, maxBatch: 1_000 },
      ),
    );
    const bulk = bench.transport.produce(
      "trades.bulk",
      many("binance:OLD", 1, 8_000),
    );
    await until(() => order.length > 0, 20_000);
    await sleep(200);
    const live = bench.transport.produce("trades", many("binance:A", 1, 10));
    await Promise.all([bulk, live]);
    await until(() => order.length >= 8_010, 30_000);
    const lastLive = order.lastIndexOf("live");
    expect(
      order.slice(lastLive).filter((name) => name === "bulk").length,
    ).toBeGreaterThan(2_000);
  });

  it("gives every candle to every ephemeral group", async () => {
    const seen: string[][] = [[], []];
    for (const [index, list] of seen.entries()) {
      const handler: DeliveryHandler = ({ records }) =>
        Promise.resolve(
          void list.push(
            ...(records as Candle[]).map(({ openTime }) => String(openTime)),
          ),
        );
      await bench.transport.subscribe(
        subscription(`${bench.group}.api.${index}`, [["candles", handler]], {
          ephemeral: true,
        }),
      );
    }
    const candle = {
      market: "binance:A",
      interval: "1m",
      close: "1",
      closed: false,
      version: 1,
    } as Candle;
    // An ephemeral group begins at the newest record once it has its partitions.
    let openTime = 0;
    await until(async () => {
      await bench.transport.produce("candles", [
        { ...candle, openTime: ++openTime },
      ]);
      await sleep(100);
      return seen.every((list) => list.length > 0);
    }, 30_000);
    await bench.transport.produce("candles", [
      { ...candle, openTime: 1_000_000 },
    ]);
    await until(() => seen.every((list) => list.includes("1000000")), 20_000);
  });

  it("rejects produce when its signal aborts, and when it is closed", async () => {
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", () => Promise.resolve()]]),
    );
    const abort = new AbortController();
    abort.abort(new Error("no longer wanted"));
    await expect(
      bench.transport.produce("trades", many("binance:A", 1, 1), {
        signal: abort.signal,
      }),
    ).rejects.toThrow("no longer wanted");
    await bench.transport.close();
    await expect(
      bench.transport.produce("trades", many("binance:A", 1, 1)),
    ).rejects.toMatchObject({ code: "closed" });
  });

  it("finishes the batch under way when the consumer closes", async () => {
    let finished = 0;
    const consumer = await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          async ({ records }) => {
            await sleep(500);
            finished += records.length;
          },
        ],
      ]),
    );
    const sent = bench.transport.produce("trades", many("binance:A", 1, 10));
    await until(() => consumer.status().assigned, 20_000);
    await sleep(bench.transport.kind === "kafka" ? 300 : 50);
    await consumer.close();
    await sent;
    expect(finished === 10 || bench.transport.kind === "kafka").toBe(true);
  });

  it("tells a consumer which markets are its own", async () => {
    let owns: ((key: string) => boolean) | undefined;
    const got = new Set<string>();
    const handler: DeliveryHandler = ({ records }) =>
      Promise.resolve(
        void (records as Trade[]).forEach(
          (record) => !isClock(record) && got.add(record.market),
        ),
      );
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", handler]], {
        onAssigned: (asked) => (owns = asked),
      }),
    );
    await until(() => owns !== undefined, 20_000);
    const markets = Array.from(
      { length: 20 },
      (_, index) => `binance:W${index}`,
    );
    await bench.transport.produce(
      "trades",
      markets.flatMap((market) => many(market, 1, 1)),
    );
    await until(() => got.size === 20, 20_000);
    expect(markets.every((market) => owns?.(market))).toBe(true);
  });
}

describe("in-process transport", () => {
  keepsTheContract(() => {
    const transport = new InProcessTransport();
    return Promise.resolve({
      transport,
      group: "recorder",
      close: () => transport.close(),
    });
  });

  it("lets produce of trades wait until the handler has resolved", async () => {
    const transport = new InProcessTransport();
    let release = (): void => undefined;
    const gate = new Promise<void>((open) => (release = open));
    await transport.subscribe(
      subscription("recorder", [["trades", () => gate]]),
    );
    let resolved = false;
    const sent = transport
      .produce("trades", many("binance:A", 1, 1))
      .then(() => (resolved = true));
    await sleep(100);
    expect(resolved).toBe(false);
    release();
    await sent;
    await transport.close();
  });

  it("makes produce wait at its capacity and refuses after ten seconds", async () => {
    const transport = new InProcessTransport();
    let release = (): void => undefined;
    const gate = new Promise<void>((open) => (release = open));
    await transport.subscribe(
      subscription("recorder", [["trades", () => gate]]),
    );
    const first = transport.produce("trades", many("binance:A", 1, 50_000));
    const started = Date.now();
    await expect(
      transport.produce("trades", many("binance:B", 1, 1)),
    ).rejects.toMatchObject({ code: "full", canRetry: true });
    expect(Date.now() - started).toBeGreaterThan(9_000);
    release();
    await first;
    await transport.produce("trades", many("binance:B", 1, 1));
    await transport.close();
  });
});

describeKafka("Kafka transport", () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, 120_000);
  afterAll(() => kafka.stop());

  const openKafka = async (): Promise<Bench> => {
    const prefix = randomPrefix();
    const config = readConfig({
      KAFKA_BROKERS: kafka.brokers,
      TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: "4",
    });
    const transports: Transport[] = [];
    const another = async (): Promise<Transport> => {
      const transport = new KafkaTransport(config, new Metrics());
      await transport.start();
      transports.push(transport);
      return transport;
    };
    const raw = async (
      topic: TopicName,
      key: string,
      value: Buffer,
    ): Promise<void> => {
      const producer = new kafkajs.Kafka({
        brokers: kafka.brokers.split(","),
        logLevel: kafkajs.logLevel.NOTHING,
      }).producer({
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      await producer.send({
        topic: prefix + topic,
        messages: [{ key, value }],
      });
      await producer.disconnect();
    };
    const transport = await another();
    return {
      transport,
      group: `${prefix}recorder`,
      another,
      raw,
      close: async () =>
        void (await Promise.all(transports.map((each) => each.close()))),
    };
  };
  keepsTheContract(openKafka);

  it("shares the markets among the members of a group, each with the ones it owns", async () => {
    const bench = await openKafka();
    const got = [new Set<string>(), new Set<string>()];
    const owns: ((key: string) => boolean)[] = [];
    const second = await (bench.another as () => Promise<Transport>)();
    for (const [index, transport] of [bench.transport, second].entries()) {
      const handler: DeliveryHandler = ({ records }) =>
        Promise.resolve(
          void (records as Trade[]).forEach((record) =>
            got[index]?.add(record.market),
          ),
        );
      await transport.subscribe(
        subscription(bench.group, [["trades", handler]], {
          onAssigned: (asked) => (owns[index] = asked),
        }),
      );
    }
    const markets = Array.from(
      { length: 30 },
      (_, index) => `binance:S${index}`,
    );
    await until(
      () =>
        owns.length === 2 &&
        markets.every(
          (market) => owns.filter((asked) => asked?.(market)).length === 1,
        ),
      30_000,
    );
    for (const set of got) set.clear();
    await bench.transport.produce(
      "trades",
      markets.flatMap((market) => many(market, 1, 3)),
    );
    await until(() => (got[0]?.size ?? 0) + (got[1]?.size ?? 0) === 30, 20_000);
    for (const [index, set] of got.entries())
      expect([...set].every((market) => owns[index]?.(market))).toBe(true);
    expect(got.every((set) => set.size > 0)).toBe(true);
    await bench.close();
  });

  it("starts a new consumer when the old one has stopped without an error", async () => {
    const bench = await openKafka();
    const got: string[] = [];
    const consumer = await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          (delivery) => Promise.resolve(void got.push(...idsOf(delivery))),
        ],
      ]),
    );
    await until(() => consumer.status().assigned, 20_000);
    // What is seen in the wild: the fetch loop ends, no event tells.
    await (
      consumer as unknown as {
        session: { client: { stop(): Promise<void> } };
      }
    ).session.client.stop();
    await bench.transport.produce("trades", many("binance:A", 1, 3));
    await until(() => got.length >= 3, 60_000);
    await bench.close();
  }, 90_000);
});
