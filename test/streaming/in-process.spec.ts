import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { StreamingFigures } from "../../src/streaming/streaming-figures.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import { until } from "../support/app.js";
import { deliversByContract } from "./contract-delivery.js";
import { livesByContract } from "./contract-life.js";
import { type Bench, idsOf, many, noting, subscription, tradesOf } from "./contract.js";

const open = (): Promise<Bench> => {
  const transport = new InProcessTransport();
  return Promise.resolve({
    transport,
    group: "recorder",
    another: () => Promise.resolve(transport),
    close: () => transport.close(),
  });
};

describe("in-process transport by the contract", () => {
  deliversByContract(open);
});

describe("in-process transport by the contract, joining and leaving", () => {
  livesByContract(open);
});

describe("in-process transport", () => {
  let transport: InProcessTransport;
  const figures = new StreamingFigures(new Metrics());
  beforeEach(() => (transport = new InProcessTransport(figures)));
  afterEach(() => transport.close());

  /** A reader whose handler waits for the gate. */
  function gated(): { open: () => void; handler: () => Promise<void> } {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    return { open, handler: () => gate };
  }

  it("lets produce of trades wait until the handler has resolved", async () => {
    const gate = gated();
    await transport.subscribe(subscription("recorder", [["trades", gate.handler]]));
    let resolved = false;
    const sent = transport.produce("trades", many("binance:A", 1, 1)).then(() => (resolved = true));
    await sleep(100);
    expect(resolved).toBe(false);
    gate.open();
    await sent;
  });

  it("makes produce wait at its capacity and refuses after ten seconds", async () => {
    const gate = gated();
    await transport.subscribe(subscription("recorder", [["trades", gate.handler]]));
    const first = transport.produce("trades", many("binance:A", 1, 50_000));
    const started = Date.now();
    const second = transport.produce("trades", many("binance:B", 1, 7));
    await sleep(100);
    expect(transport.waiting("trades")).toBe(7);
    expect(transport.waiting("trades.bulk")).toBe(0);
    expect(transport.problem()).toMatch(/wait for room/);
    await expect(second).rejects.toMatchObject({
      code: "full",
      canRetry: true,
    });
    expect(Date.now() - started).toBeGreaterThan(9_000);
    gate.open();
    await first;
    await transport.produce("trades", many("binance:B", 1, 1));
    expect(transport.problem()).toBeNull();
  });

  // A small call found room while a large one before it waited, and stood before it in the market.
  it("keeps the order of a market's calls when some of them have to wait for room", async () => {
    const gate = gated();
    const got: number[] = [];
    await transport.subscribe(
      subscription(
        "recorder",
        [
          [
            "trades",
            async (delivery) => {
              await gate.handler();
              got.push(...idsOf(delivery).map(Number));
            },
          ],
        ],
        { lanes: 1 },
      ),
    );
    const calls = [
      many("binance:A", 0, 40_000),
      many("binance:A", 40_000, 20_000),
      many("binance:A", 60_000, 5),
    ].map((records) => transport.produce("trades", records));
    await sleep(50);
    gate.open();
    await Promise.all(calls);
    expect(got).toEqual(Array.from({ length: 60_005 }, (_, id) => id));
  });

  it("keeps trades that come before their first reader", async () => {
    const sent = transport.produce("trades", many("binance:A", 1, 3));
    await transport.subscribe(
      subscription("api", [["trades", noting(() => undefined)]], {
        ephemeral: true,
      }),
    );
    const got: string[] = [];
    await transport.subscribe(
      subscription("recorder", [["trades", noting((delivery) => got.push(...idsOf(delivery)))]]),
    );
    await sent;
    expect(got).toEqual(["1", "2", "3"]);
  });

  it("stores what waits before it closes", async () => {
    let stored = 0;
    await transport.subscribe(
      subscription(
        "recorder",
        [
          [
            "trades",
            async (delivery) => {
              await sleep(20);
              stored += delivery.records.length;
            },
          ],
        ],
        { maxBatch: 100, paceMs: 60_000 },
      ),
    );
    const sent = transport.produce("trades", many("binance:A", 1, 1_050));
    await sleep(10);
    await transport.close();
    await sent;
    expect(stored).toBe(1_050);
  });

  it("does not let a slow ephemeral group hold up the writing, and gives it the newest states", async () => {
    const gate = gated();
    const seen = new Map<number, number>();
    let trades = 0;
    await transport.subscribe(
      subscription(
        "api",
        [
          [
            "candles",
            async ({ records }) => {
              await gate.handler();
              for (const { openTime, version } of records as Candle[]) seen.set(openTime, version);
            },
          ],
          [
            "trades",
            async (delivery) => {
              await gate.handler();
              trades += tradesOf(delivery).length;
            },
          ],
        ],
        { ephemeral: true, lanes: 1 },
      ),
    );
    await transport.subscribe(subscription("recorder", [["trades", noting(() => undefined)]]));
    for (let version = 1; version <= 2_000; version++)
      await transport.produce(
        "candles",
        Array.from(
          { length: 100 },
          (_, openTime) =>
            ({
              market: "binance:A",
              interval: "1m",
              openTime,
              close: "1",
              closed: false,
              version,
            }) as Candle,
        ),
      );
    for (let call = 0; call < 20; call++)
      await transport.produce("trades", many("binance:A", call * 5_000, 5_000));
    gate.open();
    await until(() => seen.get(99) === 2_000 && trades > 0, 20_000);
    expect([...seen.values()]).toEqual(Array(100).fill(2_000));
    const { values } = await figures.recordsDropped.get();
    for (const topic of ["candles", "trades"])
      expect(values.find(({ labels }) => labels["topic"] === topic)?.value).toBeGreaterThan(40_000);
  });
});
