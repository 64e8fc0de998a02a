import { setTimeout as sleep } from "node:timers/promises";
import type { Trade } from "../../src/domain/trade.js";
import type { Delivery, DeliveryHandler } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { trade } from "../support/tape.js";
import {
  type Bench,
  NOW,
  type Open,
  idsOf,
  many,
  noting,
  subscription,
  tradesOf,
} from "./contract.js";

/** What a handler gets, and when: the same for every transport. */
export function deliversByContract(open: Open): void {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());

  it("delivers arrays, in order within each market", async () => {
    const got: Trade[] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        ["trades", noting((delivery) => got.push(...tradesOf(delivery)))],
      ]),
    );
    const input = Array.from({ length: 3_000 }, (_, index) =>
      trade(`binance:M${index % 7}`, index, NOW + index),
    );
    const sent: Promise<void>[] = [];
    for (let at = 0; at < input.length; at += 250)
      sent.push(bench.transport.produce("trades", input.slice(at, at + 250)));
    await Promise.all(sent);
    await until(() => got.length >= input.length, 20_000);
    for (let market = 0; market < 7; market++) {
      const name = `binance:M${market}`;
      expect(got.filter((record) => record.market === name)).toEqual(
        input.filter((record) => record.market === name),
      );
    }
  });

  it("never has two batches of one market in flight at once", async () => {
    const underWay = new Set<string>();
    const overlaps: string[] = [];
    let handled = 0;
    const handler: DeliveryHandler = async (delivery) => {
      const markets = new Set(tradesOf(delivery).map(({ market }) => market));
      for (const market of markets) {
        if (underWay.has(market)) overlaps.push(market);
        underWay.add(market);
      }
      await sleep(5);
      for (const market of markets) underWay.delete(market);
      handled += delivery.records.length;
    };
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", handler]], {
        lanes: 3,
        maxBatch: 50,
        paceMs: 0,
      }),
    );
    await Promise.all(
      Array.from({ length: 40 }, (_, call) =>
        bench.transport.produce(
          "trades",
          Array.from({ length: 50 }, (_, index) =>
            trade(`binance:M${index % 9}`, call * 50 + index, NOW),
          ),
        ),
      ),
    );
    await until(() => handled >= 2_000, 20_000);
    expect(overlaps).toEqual([]);
  });

  it("delivers a batch again when its handler fails, and acknowledges nothing before", async () => {
    const attempts: string[][] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          (delivery) => {
            attempts.push(idsOf(delivery));
            return attempts.length < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve();
          },
        ],
      ]),
    );
    await bench.transport.produce("trades", many("binance:A", 1, 5));
    await until(() => attempts.length >= 3, 20_000);
    expect(attempts).toEqual([
      ["1", "2", "3", "4", "5"],
      ["1", "2", "3", "4", "5"],
      ["1", "2", "3", "4", "5"],
    ]);
  });

  it("delivers the good records of a batch together with the reason and origin of each bad one", async () => {
    const records: Trade[] = [];
    const bad: Delivery["undecodable"] = [];
    const origins: (string | null)[] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          noting((delivery) => {
            records.push(...tradesOf(delivery));
            bad.push(...delivery.undecodable);
            for (const index of delivery.records.keys()) origins.push(delivery.origin(index).key);
          }),
        ],
      ]),
    );
    const wrong: [Partial<Trade>, string][] = [
      [{ amount: "-1" }, "bad_amount"],
      [{ price: "1".repeat(40) }, "bad_price"],
      [{ price: 5 as never }, "bad_price"],
      [{ ord: "9223372036854775808" }, "bad_ord"],
      [{ time: 0 }, "bad_time"],
      [{ time: Date.UTC(2100, 0) }, "bad_time"],
      [{ count: 2_000_000, kind: "aggregated" }, "bad_count"],
      [{ price: "1e5" }, "bad_price"],
    ];
    await bench.transport.produce("trades", [
      trade("binance:A", 1, NOW),
      ...wrong.map(([fields], index) => trade("binance:A", 10 + index, NOW, fields)),
      trade("binance:A", 2, NOW),
    ]);
    await bench.raw?.("trades", "binance:A", Buffer.from([0xff, 0x00, 0x7b]));
    const reasons = wrong.map(([, reason]) => reason);
    if (bench.raw !== undefined) reasons.push("undecodable");
    await until(() => records.length + bad.length >= 2 + reasons.length, 20_000);
    expect(records.map(({ id }) => id)).toEqual(["1", "2"]);
    expect(origins).toEqual(["binance:A", "binance:A"]);
    expect(bad.map(({ reason }) => reason)).toEqual(reasons);
    for (const { offset, detail, key } of bad)
      expect([/^\d+$/.test(offset), detail.length > 10, key]).toEqual([true, true, "binance:A"]);
  });

  it("delivers the records that came meanwhile as one larger batch", async () => {
    const sizes: number[] = [];
    const slow: DeliveryHandler = async (delivery) => {
      sizes.push(delivery.records.length);
      // The first takes as long as the others need to come.
      if (sizes.length === 1) await until(() => consumer.status().queued >= 5_000, 20_000);
    };
    const consumer = await bench.transport.subscribe(
      subscription(bench.group, [["trades", slow]], {
        lanes: 1,
        maxBatch: 5_000,
      }),
    );
    const sent = Array.from({ length: 12 }, (_, index) =>
      bench.transport.produce("trades", many("binance:A", index * 1_000, 1_000)),
    );
    await until(() => sizes.reduce((sum, size) => sum + size, 0) >= 12_000, 30_000);
    await Promise.all(sent);
    expect(Math.max(...sizes)).toBe(5_000);
    expect(sizes.length).toBeLessThan(9);
  });

  it("handles live records before the bulk ones that wait", async () => {
    const order: string[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((done) => (release = done));
    const note =
      (name: string): DeliveryHandler =>
      async ({ records }) => {
        order.push(...records.map(() => name));
        await released;
      };
    const consumer = await bench.transport.subscribe(
      subscription(
        bench.group,
        [
          ["trades", note("live")],
          ["trades.bulk", note("bulk")],
        ],
        { lanes: 1, maxBatch: 1_000 },
      ),
    );
    const arrived = (): number => order.length + consumer.status().queued;
    // Two largest batches: no more of a topic are held, and all of them have to be here before the
    // live ones are sent.
    const bulk = bench.transport.produce("trades.bulk", many("binance:OLD", 1, 2_000));
    await until(() => order.length > 0 && arrived() === 2_000, 20_000);
    const live = bench.transport.produce("trades", many("binance:A", 1, 10));
    await until(() => arrived() === 2_010, 20_000);
    const begun = order.length;
    release();
    await Promise.all([bulk, live]);
    await until(() => order.length === 2_010, 30_000);
    expect(order.slice(0, begun)).not.toContain("live");
    expect(order.slice(begun, begun + 10)).toEqual(Array(10).fill("live"));
  });

  it("stores all of a large call without holding more than a bounded part of it", async () => {
    const ids = new Set<string>();
    let maxQueued = 0;
    const consumer = await bench.transport.subscribe(
      subscription(
        bench.group,
        [
          [
            "trades.bulk",
            async (delivery) => {
              maxQueued = Math.max(maxQueued, consumer.status().queued);
              for (const id of idsOf(delivery)) ids.add(id);
              await sleep(20);
            },
          ],
        ],
        { maxBatch: 2_000 },
      ),
    );
    const calls = Array.from({ length: 30 }, (_, call) =>
      bench.transport.produce(
        "trades.bulk",
        Array.from({ length: 4_000 }, (_, index) =>
          trade(`binance:M${index % 20}`, call * 4_000 + index, NOW),
        ),
      ),
    );
    await Promise.all(calls);
    await until(() => ids.size === 120_000, 60_000);
    // In-process its capacity; on Kafka two largest batches and a fetch of 8 MB.
    expect(maxQueued).toBeLessThanOrEqual(50_000);
  });
}
