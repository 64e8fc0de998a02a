import fc from "fast-check";
import { INTERVALS, type Interval } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { fold, foldedPart } from "../support/fold.js";
import { trade } from "../support/tape.js";
import { DAY_MS } from "../../src/domain/units.js";
import { type CandleVersion, type IntervalScene, START, sceneForSuite } from "./interval-scene.js";

let scene: IntervalScene;
sceneForSuite((opened) => (scene = opened));

async function requireVerified(): Promise<void> {
  for await (const { differences, examples } of verify(scene.tape.source))
    expect({ differences, examples }).toEqual({ differences: 0, examples: [] });
}

/** What a client gets: the candles, or the code of the error. */
async function answer(market: string, interval: Interval): Promise<unknown> {
  try {
    const page = await scene.tape.candles.page({ market, interval, start: 0, limit: 1_000 });
    return page.map(foldedPart);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const time = fc.oneof(
  fc.integer({ min: START, max: START + 9 * DAY_MS }),
  // Within two minutes: candles that get trades under several settings.
  fc.integer({ min: START + 4 * DAY_MS, max: START + 4 * DAY_MS + 120_000 }),
);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("trades" as const),
      times: fc.array(time, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("setting" as const),
      to: fc.subarray([...INTERVALS]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("build" as const),
      passes: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("request" as const), from: time }) },
);

it("never shows a candle that lacks a trade, after any sequence of settings, and builds them all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 14 }), async (actions) => {
      const market = scene.market();
      await scene.tape.source.query(
        "TRUNCATE market, trade, candle, unbuilt, stale_candle, announcement, candle_revision",
      );
      const trades: Trade[] = [];
      let setting: readonly Interval[] = INTERVALS;
      await scene.intervals.keep(setting);
      const versions = new Map<string, CandleVersion>();
      for (const each of actions) {
        if (each.does === "trades") {
          const fresh = each.times.map((at, index) =>
            trade(market, 1 + trades.length + index, at, {
              price: String(90 + (((at / 7) % 20) | 0)),
            }),
          );
          trades.push(...fresh);
          await scene.record(...fresh);
        } else if (each.does === "setting") {
          setting = INTERVALS.filter((one) => one === "1m" || each.to.includes(one));
          await scene.intervals.keep(setting);
        } else if (each.does === "build") {
          await scene.build(each.passes);
        } else if (trades.length > 0) {
          await scene.unbuilt.request({ market }, { from: each.from });
        }
        // What is stored is right, and a client never sees an older version.
        for (const row of await scene.versions(market)) {
          const key = `${row.interval} ${row.open_time}`;
          const before = versions.get(key);
          if (before !== undefined) {
            expect(row.version).toBeGreaterThanOrEqual(before.version);
            expect(row.revision).toBeGreaterThanOrEqual(before.revision);
          }
          versions.set(key, row);
        }
        for (const interval of setting)
          expect([fold(trades, interval), "not_built"]).toContainEqual(
            await answer(market, interval),
          );
      }
      await requireVerified();
      await scene.intervals.keep(INTERVALS);
      await scene.build();
      for (const interval of INTERVALS)
        expect([interval, await answer(market, interval)]).toEqual([
          interval,
          fold(trades, interval),
        ]);
      await requireVerified();
      expect(await scene.tape.source.query("SELECT FROM stale_candle")).toEqual([]);
    }),
    { numRuns: 5 },
  );
});
