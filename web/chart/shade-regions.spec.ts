import type { Gap } from "../../src/persistence/stores/gap-store.js";
import { madeCandle } from "./made-candle.fixture.js";
import {
  regionAt,
  regionLines,
  regionsTitle,
  shadeRegions,
} from "./shade-regions.js";

const MINUTE = 60_000;

function gap(after: number | null, before: number | null): Gap {
  const at = (minute: number | null) =>
    minute === null ? null : minute * MINUTE + 5_000;
  return {
    fromId: "1001",
    toId: "26595",
    ids: "25595",
    afterTime: at(after),
    beforeTime: at(before),
    state: "open",
    reason: null,
    foundAt: null,
    endedAt: null,
    attempts: 0,
  };
}

const spans = (...args: Parameters<typeof shadeRegions>) =>
  shadeRegions(...args).map(({ from, to, gaps, blind }) => [
    from / MINUTE,
    to / MINUTE,
    gaps.length,
    blind,
  ]);

describe("shaded stretches", () => {
  const blind = (minute: number) => madeCandle(minute, { complete: false });

  it("are the runs of incomplete candles", () => {
    const rows = [
      madeCandle(1),
      blind(2),
      blind(3),
      madeCandle(4, { complete: null }),
      blind(6),
    ];
    expect(spans(rows, [], "1m")).toEqual([
      [2, 3, 0, 2],
      [6, 6, 0, 1],
    ]);
  });

  it("are the gaps, from the bucket of the trade before to that of the trade after", () => {
    expect(spans([], [gap(7, 9), gap(2, 2)], "1m")).toEqual([
      [2, 2, 1, 0],
      [7, 9, 1, 0],
    ]);
    expect(spans([], [gap(7, 9)], "5m")).toEqual([[5, 5, 1, 0]]);
  });

  it("are one where a gap and its incomplete candles meet", () => {
    const rows = [blind(2), blind(5), madeCandle(6)];
    expect(spans(rows, [gap(2, 4), gap(4, 5)], "1m")).toEqual([[2, 5, 2, 2]]);
  });

  it("are as wide as is known where a side has been dropped", () => {
    expect(spans([], [gap(null, 4), gap(null, null)], "1m")).toEqual([
      [4, 4, 1, 0],
    ]);
  });

  it("say what is missing, when, and what that means for the candles", () => {
    const [region] = shadeRegions([blind(8)], [gap(7, 9)], "1m");
    expect(regionLines(region!, "UTC")).toEqual([
      "25,595 trades are missing (ids 1001 to 26595), between 00:07:05 and 00:09:05.",
      "This candle is incomplete: a trade is missing at or in it. It says what the trades held say.",
    ]);
    const many = shadeRegions([], Array(9).fill(gap(7, 9)) as Gap[], "1m");
    expect(regionLines(many[0]!, "UTC").at(-1)).toBe("… and 6 more gaps.");
  });

  it("of a market whose ids do not count trades say that some may be missing, not that they are", () => {
    const unseen = { complete: false, firstTradeId: null, lastTradeId: null };
    const regions = shadeRegions([madeCandle(8, unseen)], [], "1m");
    expect(regionLines(regions[0]!, "UTC")).toEqual([
      "Nobody followed this market for a part of this candle: trades may be missing. It says what the trades held say.",
    ]);
    expect(regionsTitle(regions)).toBe("⚠ 1 stretch that may lack trades");
    expect(regionsTitle(shadeRegions([blind(8)], [], "1m"))).toBe(
      "⚠ 1 stretch with missing trades",
    );
  });

  it("are found by a time within", () => {
    const regions = shadeRegions([blind(2), blind(3), blind(9)], [], "1m");
    expect(regionAt(regions, 3 * MINUTE)).toBe(regions[0]);
    expect(regionAt(regions, 5 * MINUTE)).toBeUndefined();
  });
});
