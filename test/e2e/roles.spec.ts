import kafkajs from "kafkajs";
import { io } from "socket.io-client";
import type { Candle } from "../../src/domain/candle.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { barsOf, goldens } from "../support/golden.js";
import { type TestKafka, describeKafka, kafkaForTests, randomPrefix } from "../support/kafka.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";

it("refuses ROLES without a broker, naming what is missing", async () => {
  const { code, output } = await run(["serve"], { ROLES: "api" });
  expect(code).toBe(1);
  expect(output).toContain("KAFKA_BROKERS");
});

it("names every bad variable in one error", async () => {
  const { code, output } = await run(["serve"], {
    PORT: "x",
    INTERVALS: "7m",
    DATABASE_URL: "mysql://u:secret@h/d",
    FEEDS: "nope:A",
  });
  expect(code).toBe(1);
  for (const name of ["PORT", "INTERVALS", "DATABASE_URL"]) expect(output).toContain(name);
  expect(output).not.toContain("secret");
});

describeKafka("two recorders and two API instances", () => {
  let broker: TestKafka;
  let settings: Settings;
  const processes: Process[] = [];
  beforeAll(async () => {
    broker = await kafkaForTests();
    settings = {
      DATABASE_URL: await createDatabase(),
      KAFKA_BROKERS: broker.brokers,
      TOPIC_PREFIX: randomPrefix(),
      KAFKA_PARTITIONS: "4",
    };
    for (const role of ["recorder", "recorder", "api", "api"])
      processes.push(await Process.start(["serve"], { ...settings, ROLES: role }));
    await Promise.all(processes.map((each) => each.ready()));
  }, 180_000);
  afterAll(async () => {
    const ends = await Promise.all(processes.map((each) => each.stop()));
    await broker.stop();
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  });
  const apis = (): Process[] => processes.slice(2);

  it("share the partitions, give exact candles, and serve every client from either", async () => {
    const seen = apis().map(() => new Map<number, Candle>());
    const [golden] = goldens();
    if (golden === undefined) throw new Error("no recording");
    const sockets = apis().map(({ url }, index) => {
      const socket = io(url, { transports: ["websocket"] });
      socket.on("candles", ({ candles }: { candles: Candle[] }) => {
        for (const candle of candles) {
          if (candle.version > (seen[index]?.get(candle.openTime)?.version ?? 0))
            seen[index]?.set(candle.openTime, candle);
        }
      });
      return socket;
    });
    try {
      // The market has to be known before it can be subscribed to.
      const others = goldens().map(({ replay }) => replay);
      for (const replay of others)
        expect(await run(["replay", ...replay], { ...settings, ROLES: "ingestion" })).toMatchObject(
          { code: 0 },
        );
      await until(
        async () =>
          (await barsOf(apis()[0] as Process, golden).catch(() => [])).length ===
          golden.bars.length,
        60_000,
      );
      for (const socket of sockets) {
        const answer: unknown = await socket.emitWithAck("subscribe", {
          channel: "candles",
          market: golden.market,
          interval: golden.interval,
        });
        expect(answer).toMatchObject({ ok: true });
      }
      for (const api of apis()) expect(await barsOf(api, golden)).toEqual(golden.bars);
      // A repetition changes nothing, and is announced to clients of both.
      expect(
        await run(["replay", ...golden.replay], {
          ...settings,
          ROLES: "ingestion",
        }),
      ).toMatchObject({ code: 0 });
      const wanted = golden.bars.map(({ openTime }) => Number(openTime));
      await until(
        () => seen.every((candles) => wanted.every((openTime) => candles.has(openTime))),
        60_000,
      );
      for (const candles of seen)
        expect(wanted.map((openTime) => candles.get(openTime)?.close)).toEqual(
          golden.bars.map(({ close }) => close),
        );
      expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
    } finally {
      for (const socket of sockets) socket.disconnect();
    }
  }, 180_000);

  it("store the good records of a poisoned topic and dead-letter each bad one with its reason", async () => {
    const kafka = new kafkajs.Kafka({
      brokers: broker.brokers.split(","),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const now = Date.now() - 60_000;
    const good = (id: number): Buffer =>
      Buffer.from(JSON.stringify(trade("binance:POISON", id, now + id)));
    const bad: [string, Buffer][] = [
      ["undecodable", Buffer.from([0xff, 0xfe, 0x00, 0x01])],
      ["undecodable", Buffer.from("[1,2,3]")],
      [
        "bad_price",
        Buffer.from(JSON.stringify({ ...trade("binance:POISON", 100, now), price: 12.5 })),
      ],
      [
        "bad_amount",
        Buffer.from(JSON.stringify(trade("binance:POISON", 101, now, { amount: "-1" }))),
      ],
      [
        "bad_price",
        Buffer.from(JSON.stringify(trade("binance:POISON", 102, now, { price: "1".repeat(40) }))),
      ],
      [
        "bad_ord",
        Buffer.from(
          JSON.stringify(trade("binance:POISON", 103, now, { ord: "9223372036854775807" })),
        ),
      ],
      ["bad_time", Buffer.from(JSON.stringify(trade("binance:POISON", 104, Date.UTC(1970, 0, 2))))],
      ["bad_time", Buffer.from(JSON.stringify(trade("binance:POISON", 105, Date.UTC(2100, 0, 1))))],
      ["id_conflict", Buffer.from(JSON.stringify(trade("binance:POISON", 2, now + 5_000)))],
    ];
    const messages = [
      good(1),
      good(2),
      ...bad.flatMap(([, value], index) => [value, good(3 + index)]),
    ].map((value) => ({ key: "binance:POISON", value }));
    await producer.send({
      topic: `${settings["TOPIC_PREFIX"]}trades`,
      messages,
    });
    await producer.disconnect();
    const [api] = apis();
    const stored = async (): Promise<string[]> =>
      (
        (await api
          ?.get<{ id: string }[]>("/api/v1/markets/binance:POISON/trades")
          .catch(() => [])) ?? []
      ).map(({ id }) => id);
    await until(async () => (await stored()).length === 2 + bad.length, 30_000);
    const { Client } = (await import("pg")).default;
    const client = new Client(settings["DATABASE_URL"]);
    await client.connect();
    try {
      const letters = async (): Promise<string[]> =>
        (
          await client.query<{ reason: string }>(
            `SELECT reason FROM dead_letter WHERE topic = 'trades' ORDER BY "offset"::bigint`,
          )
        ).rows.map(({ reason }) => reason);
      await until(async () => (await letters()).length >= bad.length, 30_000);
      expect(await letters()).toEqual(bad.map(([reason]) => reason));
    } finally {
      await client.end();
    }
  }, 120_000);
});
