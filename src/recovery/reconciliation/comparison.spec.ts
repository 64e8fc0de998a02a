import { type Candle, FIGURES } from "../../domain/candle.js";
import type { Kline, KlineConvention } from "../../venues/venue.js";
import { compare } from "./comparison.js";

const OPEN = 1_723_161_600_000;

const nine = {
  open: "100.5",
  high: "101",
  low: "100",
  close: "100.25",
  volume: "3.00000000000000000000000000000001",
  quoteVolume: "301.125",
  trades: 7,
  takerBuyVolume: "1",
  takerBuyQuoteVolume: "100.375",
};

const candle: Candle = {
  market: "binance:BTCUSDT",
  interval: "1m",
  openTime: OPEN,
  closeTime: OPEN + 59_999,
  ...nine,
  firstTradeId: "10",
  lastTradeId: "16",
  closed: true,
  version: 3,
  revision: 0,
  complete: true,
};
const kline: Kline = { openTime: OPEN, ...nine };

const convention = (
  open: KlineConvention["open"],
  empty: KlineConvention["empty"],
): KlineConvention => ({ open, empty, leavesOut: null });
const FIRST = convention("first trade", "absent");
const PREVIOUS = convention("previous close", "flat");

const flat = (price: string): Kline => ({
  ...kline,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: "0",
  quoteVolume: "0",
  trades: 0,
  takerBuyVolume: "0",
  takerBuyQuoteVolume: "0",
});

describe("a candle beside the venue's", () => {
  it("matches when all nine fields are equal", () => {
    expect(compare(candle, kline, FIRST, undefined)).toEqual({
      outcome: "match",
      fields: [],
    });
  });

  it.each(FIGURES)("differs when %s does, with both values", (field) => {
    const theirs = field === "trades" ? 8 : "99.125";
    expect(compare(candle, { ...kline, [field]: theirs }, FIRST, undefined)).toEqual({
      outcome: "differs",
      fields: [
        {
          field,
          ours: String(nine[field]),
          theirs: String(theirs),
          judged: true,
        },
      ],
    });
  });

  it("differs in the last of thirty digits, where numbers would not", () => {
    const theirs = { ...kline, volume: "3.00000000000000000000000000000002" };
    expect(Number(theirs.volume)).toBe(Number(candle.volume));
    expect(compare(candle, theirs, FIRST, undefined).outcome).toBe("differs");
  });

  it("is not compared in fields that the venue does not report", () => {
    const theirs = {
      ...kline,
      quoteVolume: null,
      trades: null,
      takerBuyVolume: null,
      takerBuyQuoteVolume: null,
    };
    expect(compare(candle, theirs, FIRST, undefined).outcome).toBe("match");
  });
});

describe("a venue whose candles open at the close before", () => {
  it("matches with that open, and a high or low that includes it", () => {
    const above = { ...kline, open: "103", high: "103" };
    const below = { ...kline, open: "99", low: "99" };
    expect(compare(candle, above, PREVIOUS, "103").outcome).toBe("match");
    expect(compare(candle, below, PREVIOUS, "99").outcome).toBe("match");
    expect(compare(candle, { ...kline, open: "100.75" }, PREVIOUS, "100.75").outcome).toBe("match");
  });

  it("differs when its high leaves out the close before, or its volume is another", () => {
    const theirs = { ...kline, open: "103", volume: "4" };
    expect(compare(candle, theirs, PREVIOUS, "103").fields).toEqual([
      { field: "high", ours: "103", theirs: "101", judged: true },
      { field: "volume", ours: nine.volume, theirs: "4", judged: true },
    ]);
  });

  it("is not judged in open, high and low while the close before is not known", () => {
    const theirs = { ...kline, open: "103", high: "103" };
    expect(compare(candle, theirs, PREVIOUS, undefined)).toEqual({
      outcome: "match",
      fields: [
        { field: "open", ours: "100.5", theirs: "103", judged: false },
        { field: "high", ours: "101", theirs: "103", judged: false },
      ],
    });
  });
});

describe("a venue whose convention is not known", () => {
  const UNKNOWN = convention("unknown", "unknown");

  it("is shown, not judged, in open, high and low, and judged in the rest", () => {
    const theirs = { ...kline, open: "103", high: "103", low: "99" };
    const { outcome, fields } = compare(candle, theirs, UNKNOWN, "103");
    expect(outcome).toBe("match");
    expect(fields.map(({ field, judged }) => [field, judged])).toEqual([
      ["open", false],
      ["high", false],
      ["low", false],
    ]);
    expect(compare(candle, { ...theirs, close: "1" }, UNKNOWN, "103").outcome).toBe("differs");
  });

  it("agrees in an empty minute whether it reports one or not", () => {
    expect(compare(undefined, undefined, UNKNOWN, "103")).toEqual({ outcome: "match", fields: [] });
    const reported = compare(undefined, flat("102"), UNKNOWN, "103");
    expect(reported.outcome).toBe("match");
    expect(reported.fields.every(({ judged }) => !judged)).toBe(true);
  });
});

describe("a minute without a trade", () => {
  const provenEmpty = { ...candle, volume: "0", trades: 0 };

  it.each([
    ["no row", undefined],
    ["a flat row made by us", provenEmpty],
  ])("matches a flat candle at the close before: %s", (_, ours) => {
    expect(compare(ours, flat("103"), PREVIOUS, "103")).toEqual({
      outcome: "match",
      fields: [],
    });
  });

  it("is not compared with prices that nothing predicts", () => {
    expect(compare(undefined, flat("103"), PREVIOUS, undefined)).toEqual({
      outcome: "match",
      fields: [],
    });
  });

  it.each<[string, Partial<Kline>, string]>([
    ["no trades, and none counted", { volume: "0", trades: 0 }, "match"],
    ["no volume, where trades are not reported", { volume: "0.000", trades: null }, "match"],
    ["trades without volume", { volume: "0", trades: 2 }, "missing_here"],
    ["volume, where trades are not reported", { volume: "1", trades: null }, "missing_here"],
    ["volume, and no trade counted", { volume: "1", trades: 0 }, "missing_here"],
  ])("of ours beside a candle with %s", (_name, theirs, outcome) => {
    expect(compare(undefined, { ...flat("103"), ...theirs }, PREVIOUS, "103").outcome).toBe(
      outcome,
    );
  });

  it("differs from one at another price", () => {
    const { outcome, fields } = compare(undefined, flat("103"), PREVIOUS, "102");
    expect(outcome).toBe("differs");
    expect(fields.map(({ field }) => field)).toEqual(["open", "high", "low", "close"]);
  });

  it("is missing here when the venue has trades in it, with all fields that the venue reports", () => {
    const { outcome, fields } = compare(
      undefined,
      { ...kline, quoteVolume: null },
      FIRST,
      undefined,
    );
    expect(outcome).toBe("missing_here");
    expect(fields).toHaveLength(8);
    expect(fields[0]).toEqual({
      field: "open",
      ours: null,
      theirs: "100.5",
      judged: true,
    });
  });

  it("on the venue is missing there when we have trades in it", () => {
    const { outcome, fields } = compare(candle, undefined, PREVIOUS, "1");
    expect(outcome).toBe("missing_there");
    expect(fields).toHaveLength(9);
    expect(fields.find(({ field }) => field === "trades")).toEqual({
      field: "trades",
      ours: "7",
      theirs: null,
      judged: true,
    });
  });

  it("of the venue is compared field by field with trades of ours", () => {
    const { outcome, fields } = compare(candle, flat("100.25"), FIRST, "1");
    expect(outcome).toBe("differs");
    expect(fields.map(({ field }) => field)).toContain("trades");
  });
});
