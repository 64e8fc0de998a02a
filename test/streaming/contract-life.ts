import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import { until } from "../support/app.js";
import { type Bench, type Open, idsOf, many, noting, subscription, tradesOf } from "./contract.js";

/** How consumers join, share and leave: the same for every transport. */
export function livesByContract(open: Open): void {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());

  it("gives every candle that is produced after subscribing to every ephemeral group", async () => {
    const seen: number[][] = [[], []];
    for (const [index, list] of seen.entries())
      await bench.transport.subscribe(
        subscription(
          `${bench.group}.api.${index}`,
          [
            [
              "candles",
              noting(({ records }) =>
                list.push(...(records as Candle[]).map(({ openTime }) => openTime)),
              ),
            ],
          ],
          { ephemeral: true },
        ),
      );
    const candles = Array.from(
      { length: 200 },
      (_, openTime) =>
        ({
          market: `binance:M${openTime % 10}`,
          interval: "1m",
          openTime,
          close: "1",
          closed: false,
          version: 1,
        }) as Candle,
    );
    await bench.transport.produce("candles", candles);
    await until(() => seen.every((list) => list.length >= 200), 20_000);
    for (const list of seen)
      expect(list.toSorted((a, b) => a - b)).toEqual(candles.map(({ openTime }) => openTime));
  });

  it("rejects produce when its signal aborts, and when it is closed", async () => {
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", noting(() => undefined)]]),
    );
    const abort = new AbortController();
    abort.abort(new Error("no longer wanted"));
    await expect(
      bench.transport.produce("trades", many("binance:A", 1, 1), {
        signal: abort.signal,
      }),
    ).rejects.toThrow("no longer wanted");
    await bench.transport.close();
    await expect(bench.transport.produce("trades", many("binance:A", 1, 1))).rejects.toMatchObject({
      code: "closed",
      canRetry: false,
    });
    expect(bench.transport.problem()).toBe("closed");
  });

  it("finishes the batch in flight when the consumer closes, and does not deliver it again", async () => {
    let begun = false;
    const finished: string[] = [];
    const first = await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          async (delivery) => {
            begun = true;
            await sleep(500);
            finished.push(...idsOf(delivery));
          },
        ],
      ]),
    );
    const sent = bench.transport.produce("trades", many("binance:A", 1, 10));
    await until(() => begun, 20_000);
    await first.close();
    await sent;
    expect(finished).toHaveLength(10);
    expect(first.status().assigned).toBe(false);
    const again: string[] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", noting((delivery) => again.push(...idsOf(delivery)))]]),
    );
    await bench.transport.produce("trades", many("binance:A", 11, 1));
    await until(() => again.length > 0, 20_000);
    expect(again).toEqual(["11"]);
  });

  it("delivers to the next consumer what the last one did not handle, in order", async () => {
    let begun = false;
    let abortReason: unknown;
    const first = await bench.transport.subscribe(
      subscription(bench.group, [
        [
          "trades",
          async ({ signal }) => {
            begun = true;
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            abortReason = signal.reason;
            throw new Error("gave up");
          },
        ],
      ]),
    );
    const sent = bench.transport.produce("trades", many("binance:A", 1, 3));
    const later = bench.transport.produce("trades", many("binance:A", 4, 3));
    await until(() => begun, 20_000);
    const began = Date.now();
    await first.close();
    expect(Date.now() - began).toBeLessThan(11_500);
    expect(abortReason).toBeInstanceOf(Error);
    const got: string[] = [];
    await bench.transport.subscribe(
      subscription(bench.group, [["trades", noting((delivery) => got.push(...idsOf(delivery)))]]),
    );
    await until(() => got.length >= 6, 20_000);
    await Promise.all([sent, later]);
    expect(got).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  it("shares the markets among the members of a group, each with the ones it owns", async () => {
    const got = [new Set<string>(), new Set<string>()];
    const owns: ((key: string) => boolean)[] = [];
    const transports = [bench.transport, await bench.another()];
    const consumers = [];
    for (const [index, transport] of transports.entries()) {
      const handler = noting((delivery) =>
        tradesOf(delivery).forEach(({ market }) => got[index]?.add(market)),
      );
      consumers.push(
        await transport.subscribe(
          subscription(
            bench.group,
            [
              ["trades", handler],
              ["trades.bulk", handler],
            ],
            { lanes: 4, onAssigned: (ownsKey) => (owns[index] = ownsKey) },
          ),
        ),
      );
    }
    const markets = Array.from({ length: 30 }, (_, at) => `binance:S${at}`);
    const owners = (market: string): number => owns.filter((ownsKey) => ownsKey?.(market)).length;
    // One that joins an idle group may first get an empty assignment.
    const each = (ownsKey: (key: string) => boolean): boolean =>
      markets.some((market) => ownsKey(market));
    await until(
      () => owns.filter(each).length === 2 && markets.every((market) => owners(market) === 1),
      30_000,
    );
    const records = markets.flatMap((market) => many(market, 1, 3));
    await bench.transport.produce("trades", records);
    await bench.transport.produce("trades.bulk", records);
    const [one, two] = got as [Set<string>, Set<string>];
    await until(() => one.size + two.size >= 30, 20_000);
    await sleep(200);
    for (const [index, set] of got.entries()) {
      expect(set.size).toBeGreaterThan(0);
      expect([...set].filter((market) => !owns[index]?.(market))).toEqual([]);
    }
    // The one that stays takes over.
    await consumers[0]?.close();
    await until(() => markets.every((each) => owns[1]?.(each)), 30_000);
    two.clear();
    await bench.transport.produce("trades", records);
    await until(() => two.size === 30, 20_000);
  });
}
