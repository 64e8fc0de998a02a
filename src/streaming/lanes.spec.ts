import { jest } from "@jest/globals";
import { type Deliver, type Item, Lane } from "./lanes.js";
import type { TopicName } from "./topics.js";

interface Batch {
  topic: TopicName;
  size: number;
  at: number;
}

const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    partition: 0,
    offset: String(index),
    key: "binance:A",
    record: undefined,
    undecodable: undefined,
  }));

describe("a lane", () => {
  let batches: Batch[];
  let began: number;

  beforeEach(() => {
    jest.useFakeTimers();
    batches = [];
    began = performance.now();
  });
  afterEach(() => jest.useRealTimers());

  /** A lane whose handler takes `handlerMs`. */
  function lane(
    handlerMs: number,
    rules = { maxBatch: 1_000, paceMs: 100 },
    shift = 0,
  ): Lane<Item> {
    const deliver: Deliver<Item> = async (topic, batch) => {
      const at = Math.round(performance.now() - began);
      batches.push({ topic, size: batch.length, at });
      await new Promise((resolve) => setTimeout(resolve, handlerMs));
      return [];
    };
    return new Lane<Item>(rules, deliver, shift);
  }

  /** A record every 10 ms into each of them. */
  async function flow(lanes: readonly Lane<Item>[], ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 10) {
      for (const each of lanes) each.push("trades", items(1));
      await jest.advanceTimersByTimeAsync(10);
    }
  }

  it("starts at once when it is idle, then once a pace, and never again at once", async () => {
    for (let idle = 0; idle < 100; idle += 7) {
      await jest.advanceTimersByTimeAsync(507);
      batches = [];
      began = performance.now();
      await flow([lane(5)], 1_000);
      const begins = batches.map(({ at }) => at);
      expect(begins[0]).toBeLessThanOrEqual(1);
      const apart = begins.slice(1).map((at, index) => at - begins[index]!);
      expect(apart[0]).toBeGreaterThanOrEqual(50);
      expect(apart[0]).toBeLessThanOrEqual(151);
      // A late timer moves no turn after it.
      for (const each of apart.slice(1)) expect(Math.abs(each - 100)).toBeLessThanOrEqual(1);
    }
  });

  it("has turns staggered against the next lane's, whichever started first", async () => {
    const [first, second] = [lane(5), lane(5, undefined, 0.5)];
    await flow([second], 280);
    batches = [];
    await flow([first, second], 2_000);
    const begins = batches.map(({ at }) => at).slice(4);
    for (const [index, at] of begins.slice(1).entries())
      expect(Math.abs(at - begins[index]! - 50)).toBeLessThanOrEqual(1);
    expect(begins.length).toBeGreaterThan(30);
  });

  it("does not wait for its pace when a largest batch waits", async () => {
    const paced = lane(5);
    paced.push("trades", items(1));
    await jest.advanceTimersByTimeAsync(10);
    paced.push("trades", items(2_500));
    await jest.advanceTimersByTimeAsync(20);
    expect(batches.map(({ size }) => size)).toEqual([1, 1_000, 1_000]);
    await jest.advanceTimersByTimeAsync(200);
    expect(batches.map(({ size }) => size)).toEqual([1, 1_000, 1_000, 500]);
  });

  it("delivers one batch at a time, and the records that came meanwhile as the next", async () => {
    const slow = lane(1_000, { maxBatch: 1_000, paceMs: 0 });
    slow.push("trades", items(1));
    await jest.advanceTimersByTimeAsync(10);
    for (let call = 0; call < 5; call++) slow.push("trades", items(100));
    await jest.advanceTimersByTimeAsync(900);
    expect(batches).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(200);
    expect(batches.map(({ size }) => size)).toEqual([1, 500]);
  });

  // Live records came in during every batch, so that one always waited, and history was never
  // stored.
  it("continues with bulk while live records keep coming", async () => {
    const busy = lane(8);
    busy.push("trades.bulk", items(20_000));
    for (let at = 0; at < 1_000; at += 5) {
      busy.push("trades", items(1));
      await jest.advanceTimersByTimeAsync(5);
    }
    const sum = (name: TopicName): number =>
      batches.filter(({ topic }) => topic === name).reduce((all, { size }) => all + size, 0);
    expect(sum("trades.bulk")).toBe(20_000);
    expect(sum("trades")).toBeGreaterThan(150);
  });

  it("without a pace never takes bulk while a live record waits", async () => {
    const busy = lane(50, { maxBatch: 1_000, paceMs: 0 });
    busy.push("trades.bulk", items(5_000));
    await jest.advanceTimersByTimeAsync(10);
    busy.push("trades", items(2_500));
    await jest.advanceTimersByTimeAsync(500);
    expect(batches.map(({ topic, size }) => `${topic} ${size}`)).toEqual([
      "trades.bulk 1000",
      "trades 1000",
      "trades 1000",
      "trades 500",
      ...Array.from({ length: 4 }, () => "trades.bulk 1000"),
    ]);
  });

  it("takes live records that are due before bulk", async () => {
    const busy = lane(40);
    busy.push("trades.bulk", items(50_000));
    for (let at = 0; at < 1_000; at += 10) {
      busy.push("trades", items(1));
      await jest.advanceTimersByTimeAsync(10);
    }
    const live = batches.filter(({ topic }) => topic === "trades");
    for (const [index, { at }] of live.slice(1).entries())
      expect(at - (live[index]?.at ?? 0)).toBeLessThanOrEqual(100 + 40);
  });

  it("takes shorter bulk batches for a second after a live one", async () => {
    const busy = lane(10, { maxBatch: 20_000, paceMs: 0 });
    busy.push("trades", items(1));
    busy.push("trades.bulk", items(6_000));
    await jest.advanceTimersByTimeAsync(2_000);
    busy.push("trades.bulk", items(6_000));
    await jest.advanceTimersByTimeAsync(100);
    expect(batches.map(({ size }) => size)).toEqual([1, 2_000, 2_000, 2_000, 6_000]);
  });

  it("paces each topic separately, and a busy one leaves room for the others", async () => {
    const busy = lane(5, { maxBatch: 100, paceMs: 100 });
    busy.push("trades", items(1_000));
    busy.push("feeds", items(1));
    await jest.advanceTimersByTimeAsync(30);
    expect(batches.findIndex(({ topic }) => topic === "feeds")).toBeLessThan(3);
  });

  it("delivers unhandled records again, before the rest", async () => {
    const seen: string[][] = [];
    const broken = new Lane<Item>(
      { maxBatch: 3, paceMs: 0 },
      (_, batch): Promise<readonly Item[]> => {
        seen.push(batch.map(({ offset }) => offset));
        return Promise.resolve(seen.length === 1 ? batch.slice(1) : []);
      },
    );
    broken.push("trades", items(4));
    await jest.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([
      ["0", "1", "2"],
      ["1", "2", "3"],
    ]);
  });

  it("drains what waits without a pace, and starts nothing after a stop", async () => {
    const paced = lane(10, { maxBatch: 10, paceMs: 60_000 });
    paced.push("trades", items(1));
    await jest.advanceTimersByTimeAsync(20);
    paced.push("trades", items(5));
    const drained = paced.drain();
    await jest.advanceTimersByTimeAsync(50);
    await drained;
    expect(batches.map(({ size }) => size)).toEqual([1, 5]);
    await paced.stop();
    paced.push("trades", items(5));
    await jest.advanceTimersByTimeAsync(100);
    expect([batches.length, paced.waiting()]).toEqual([2, 5]);
  });
});
