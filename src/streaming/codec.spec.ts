import type { Trade } from "../domain/trade.js";
import { DAY_MS, HOUR_MS } from "../domain/units.js";
import { decode, encode, keyOf, marketOfKey, partitionKeyOf } from "./codec.js";
import { PartitionTable } from "./kafka/topic-settings.js";
import type { Item } from "./lanes.js";
import type { TopicName, TopicRecords } from "./topics.js";
import { latestTime } from "./validity.js";

const NOW = Date.now();
const TRADE: Trade = {
  market: "binance:BTCUSDT",
  id: "5266583935",
  ord: "5266583935",
  ids: "dense",
  kind: "raw",
  count: 1,
  price: "61674.01",
  amount: "0.01532",
  takerSide: "sell",
  time: NOW,
  receivedAt: NOW,
  source: "live",
  offBook: false,
};
const CANDLE = {
  market: "binance:BTCUSDT",
  interval: "1m",
  openTime: 1_723_161_540_000,
  close: "1",
  closed: true,
  version: 3,
} as TopicRecords["candles"];
const FEED = {
  market: "binance:BTCUSDT",
  condition: "live",
  at: NOW,
} as TopicRecords["feeds"];

function read(topic: TopicName, value: Buffer | string | null, latest = latestTime()): Item {
  const item: Item = {
    partition: 3,
    offset: "42",
    key: "binance:BTCUSDT",
    record: undefined,
    undecodable: undefined,
  };
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  decode(topic, item, bytes, latest);
  return item;
}

describe("the values of topics", () => {
  const samples: [TopicName, TopicRecords[TopicName]][] = [
    ["trades", TRADE],
    ["trades.bulk", { ...TRADE, id: "ein Ж 测试 \"'\\" }],
    ["trades", { market: "binance:BTCUSDT", clock: NOW }],
    ["candles", CANDLE],
    ["feeds", FEED],
    ["trades.dead", { reason: "bad_price" } as TopicRecords["trades.dead"]],
  ];
  it.each(samples)("of %s are read as they were written", (topic, record) => {
    const item = read(topic, encode(topic, record));
    expect(item).toEqual({
      partition: 3,
      offset: "42",
      key: "binance:BTCUSDT",
      record,
      undecodable: undefined,
    });
  });

  const garbage: [string, TopicName, Buffer | string | null, string][] = [
    ["bytes that are no text", "trades", Buffer.from([0xff, 0]), "undecodable"],
    ["no value", "trades", null, "undecodable"],
    ["half a value", "trades", encode("trades", TRADE).slice(0, 50), "undecodable"],
    ["a list", "trades", "[]", "undecodable"],
    ["null", "trades", "null", "undecodable"],
    ["a number", "trades", "5", "undecodable"],
    ["an empty object", "trades", "{}", "bad_market"],
    ["a market of another kind", "trades", '{"market":{}}', "bad_market"],
    ["a price as a number", "trades", JSON.stringify({ ...TRADE, price: 5 }), "bad_price"],
    ["a clock of text", "trades", '{"market":"binance:A","clock":"now"}', "bad_time"],
    ["an interval that is none", "candles", `{"market":"binance:A"}`, "undecodable"],
    ["a feed without a time", "feeds", '{"market":"a:B","condition":"live"}', "undecodable"],
  ];
  it.each(garbage)("%s is undecodable, with its reason and origin", (_, topic, value, reason) => {
    const { record, undecodable } = read(topic, value);
    expect(record).toBeUndefined();
    expect(undecodable).toMatchObject({
      reason,
      partition: 3,
      offset: "42",
      key: "binance:BTCUSDT",
    });
    expect(undecodable?.detail.length).toBeGreaterThan(10);
  });

  it("show no more than 8,192 characters of what could not be read", () => {
    const { undecodable } = read("trades", "x".repeat(100_000));
    expect(undecodable?.payload).toHaveLength(8_192);
  });
});

describe("what a feed has refused", () => {
  const REFUSAL = {
    market: "binance",
    refused: "bad_time",
    detail: "time must be …",
    text: '{"e":"aggTrade"}',
  };

  it("is undecodable for its own reason, with the venue's message", () => {
    const { record, undecodable } = read("trades", encode("trades", REFUSAL));
    expect(record).toBeUndefined();
    expect(undecodable).toMatchObject({
      reason: "bad_time",
      detail: "time must be …",
      payload: '{"e":"aggTrade"}',
    });
    expect(partitionKeyOf("trades", REFUSAL)).toBe("binance");
  });

  it.each([{ detail: 5 }, { refused: "a\u0000" }, { refused: "x".repeat(41) }, { text: null }])(
    "is undecodable when it is none either: %j",
    (change) => {
      const { undecodable } = read("trades", JSON.stringify({ ...REFUSAL, ...change }));
      expect(undecodable).toMatchObject({ reason: "undecodable" });
      expect(undecodable?.payload).toContain("refused");
    },
  );

  it("is no trade or clock record that has such a field", () => {
    for (const record of [TRADE, { market: "binance:A", clock: NOW }])
      expect(read("trades", JSON.stringify({ ...record, refused: "no" })).undecodable).toBe(
        undefined,
      );
  });
});

describe("how far ahead a clock record may be", () => {
  const reasonAt = (clock: number): string | undefined => {
    const record = { market: TRADE.market, clock };
    return read("trades", encode("trades", record), latestTime(NOW)).undecodable?.reason;
  };

  it("is two hours: it closes every candle before it", () => {
    expect(reasonAt(NOW + HOUR_MS)).toBeUndefined();
    expect(reasonAt(NOW + 3 * HOUR_MS)).toBe("bad_time");
  });
});

describe("how far ahead a trade may be", () => {
  const reasonAt = (time: number, latest: number): string | undefined =>
    read("trades", encode("trades", { ...TRADE, time }), latest).undecodable?.reason;

  it("is a day; a trade from 2100 is refused", () => {
    expect(reasonAt(NOW + 23 * HOUR_MS, latestTime())).toBeUndefined();
    expect(reasonAt(Date.UTC(2100, 0), latestTime())).toBe("bad_time");
  });

  it("counts from when it was written if our own clock is slower: a slow clock refuses nothing real", () => {
    const inAWeek = NOW + 7 * DAY_MS;
    expect(reasonAt(inAWeek, latestTime())).toBe("bad_time");
    expect(reasonAt(inAWeek, latestTime(inAWeek))).toBeUndefined();
    expect(reasonAt(NOW, latestTime(0))).toBeUndefined();
  });
});

describe("keys", () => {
  it("of a candle name the candle, and its partition is its market's", () => {
    expect(keyOf("candles", CANDLE)).toBe("binance:BTCUSDT|1m|1723161540000");
    expect(partitionKeyOf("candles", CANDLE)).toBe(keyOf("trades", TRADE));
    expect(marketOfKey(keyOf("candles", CANDLE))).toBe("binance:BTCUSDT");
    expect(marketOfKey(keyOf("feeds", FEED))).toBe("binance:BTCUSDT");
  });

  it("go to the partitions that Kafka's own producers choose", () => {
    const table = new PartitionTable(1_000);
    // The hashes are those of Apache Kafka's own UtilsTest.testMurmur2.
    const positive = (hash: number): number => (hash & 0x7fffffff) % 1_000;
    expect(table.partitionOf("21")).toBe(positive(-973_932_308));
    expect(table.partitionOf("foobar")).toBe(positive(-790_332_482));
    expect(table.partitionOf("a-little-bit-long-string")).toBe(positive(-985_981_536));
  });
});
