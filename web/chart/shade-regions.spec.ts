import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { madeCandle } from "./made-candle.fixture.js";
import { regionAt, regionLines, regionsTitle, shadeRegions } from "./shade-regions.js";

const MINUTE = 60_000;

function gap(after: number | null, before: number | null): Gap {
  const at = (minute: number | null) => (minute === null ? null : minute * MINUTE + 5_000);
  return {
    fromId: "1001",
    toId: "26595",
    ids: "25595",
    afterTime: at(after),
    beforeTime: at(before),
    state: "open",
    filled: null,
    voided: null,
    reason: null,
    foundAt: null,
    endedAt: null,
    attempts: 0,
  };
}

const spans = (...args: Parameters<typeof shadeRegions>) =>
  shadeRegions(...args).map(({ from, to, gaps, incomplete }) => [
    from / MINUTE,
    to / MINUTE,
    gaps.length,
    incomplete,
  ]);

describe("shaded stretches", () => {
  const incomplete = (minute: number) => madeCandle(minute, { complete: false });

  it("are the runs of incomplete candles", () => {
    const rows = [
      madeCandle(1),
      incomplete(2),
      incomplete(3),
      madeCandle(4, { complete: null }),
      incomplete(6),
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
    const rows = [incomplete(2), incomplete(5), madeCandle(6)];
    expect(spans(rows, [gap(2, 4), gap(4, 5)], "1m")).toEqual([[2, 5, 2, 2]]);
  });

  it("start or end at the known trade where the other one was dropped", () => {
    expect(spans([], [gap(null, 4), gap(null, null)], "1m")).toEqual([[4, 4, 1, 0]]);
  });

  it("state what is missing, when, and what that means for the candles", () => {
    const [region] = shadeRegions([incomplete(8)], [gap(7, 9)], "1m");
    expect(regionLines(region!, "UTC")).toEqual([
      "25,595 trades are missing (ids 1001 to 26595), between 00:07:05 and 00:09:05.",
      "This candle is incomplete: a trade is missing at or in it. Its figures are those of the recorded trades.",
    ]);
    const many = shadeRegions([], Array(9).fill(gap(7, 9)) as Gap[], "1m");
    expect(regionLines(many[0]!, "UTC").at(-1)).toBe("… and 6 more gaps.");
  });

  it("state of a market whose ids are not dense that trades may be missing, not that they are", () => {
    const unseen = { complete: false, firstTradeId: null, lastTradeId: null };
    const regions = shadeRegions([madeCandle(8, unseen)], [], "1m");
    expect(regionLines(regions[0]!, "UTC")).toEqual([
      "No process followed this market for a part of this candle: trades may be missing. Its figures are those of the recorded trades.",
    ]);
    expect(regionsTitle(regions)).toBe("⚠ 1 stretch that may lack trades");
    expect(regionsTitle(shadeRegions([incomplete(8)], [], "1m"))).toBe(
      "⚠ 1 stretch with missing trades",
    );
  });

  it("are found by a time within", () => {
    const regions = shadeRegions([incomplete(2), incomplete(3), incomplete(9)], [], "1m");
    expect(regionAt(regions, 3 * MINUTE)).toBe(regions[0]);
    expect(regionAt(regions, 5 * MINUTE)).toBeUndefined();
  });
});
