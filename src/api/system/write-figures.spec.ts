import { setTimeout as sleep } from "node:timers/promises";
import { Metrics } from "../../metrics/metrics.js";
import { RecorderFigures } from "../../persistence/figures/recorder-figures.js";
import { WriteWatch, figuresBetween } from "./write-figures.js";

const sample = (at: number, trades: number, ...counts: number[]) => ({
  at,
  trades,
  buckets: [0.01, 0.1, Infinity].map((le, index) => ({
    le,
    count: counts[index] ?? 0,
  })),
});

describe("write figures", () => {
  it("are those between two samples, interpolated within a bucket", () => {
    expect(
      figuresBetween(sample(0, 1_000, 100, 100, 100), sample(20_000, 6_000, 140, 200, 200)),
    ).toEqual({
      windowSeconds: 20,
      batches: 100,
      tradesPerSecond: 250,
      // 40 within 10 ms, the next 60 between 10 and 100 ms: the 50th at a sixth of that.
      p50Ms: 25,
      p99Ms: 98.5,
    });
  });

  it("are the highest bound for longer batches, and null without a batch", () => {
    expect(figuresBetween(sample(0, 0, 0, 0, 0), sample(1_000, 9, 0, 1, 10)).p99Ms).toBe(100);
    expect(figuresBetween(sample(0, 0, 5, 5, 5), sample(1_000, 0, 5, 5, 5))).toMatchObject({
      batches: 0,
      p50Ms: null,
      p99Ms: null,
    });
  });

  it("exclude writes before the watch began", async () => {
    const figures = new RecorderFigures(new Metrics());
    figures.writeSeconds.observe(3);
    figures.trades.inc({ outcome: "stored" }, 1_000_000);
    const watch = new WriteWatch(figures);
    await watch.onApplicationBootstrap();
    try {
      for (let batch = 0; batch < 10; batch++) figures.writeSeconds.observe(0.002);
      figures.trades.inc({ outcome: "stored" }, 50);
      await sleep(20);
      const { batches, p50Ms, p99Ms, tradesPerSecond } = await watch.figures();
      expect(batches).toBe(10);
      expect(p50Ms).toBeGreaterThan(1);
      expect(p99Ms).toBeLessThanOrEqual(2.5);
      expect(tradesPerSecond).toBeGreaterThan(50);
      // A timer may come a millisecond early.
      expect(tradesPerSecond).toBeLessThanOrEqual(50 / 0.018);
    } finally {
      watch.onApplicationShutdown();
    }
  });
});
