import {
  type Clock,
  type Fault,
  MAX_COUNT,
  type Trade,
  clockFaultOf,
  faultOf,
  isClock,
} from "./trade.js";

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
  time: 1_723_161_540_000,
  receivedAt: 1_723_161_540_100,
  source: "live",
  offBook: false,
};
const LATEST = 1_723_161_600_000;
const HIGHEST_ORD = 2n ** 63n - 1n;

/** Of any type, as a topic's record can have it. */
function faultWith(fields: Record<string, unknown>): Fault | undefined {
  return faultOf({ ...TRADE, ...fields }, LATEST);
}

describe("a trade", () => {
  it.each<[string, Record<string, unknown>]>([
    ["as venues send it", {}],
    ["that is aggregated", { kind: "aggregated", count: 7 }],
    ["that is aggregated of one", { kind: "aggregated" }],
    ["of the most raw trades", { kind: "aggregated", count: MAX_COUNT }],
    ["with an id of 128 characters", { id: "x".repeat(128) }],
    ["with the shortest id", { id: "-" }],
    ["with the lowest ord", { ord: "0" }],
    ["with the highest ord", { ord: String(HIGHEST_ORD - 1n) }],
    ["of a market whose ids prove nothing", { ids: "sparse" }],
    ["off the book", { offBook: true }],
    ["off the book, of no price and no amount", { offBook: true, price: "0", amount: "0" }],
    ["without an amount", { amount: "0" }],
    ["of the most digits", { price: `${"9".repeat(20)}.${"1".repeat(18)}` }],
    ["that a taker bought", { takerSide: "buy" }],
    ["of an unknown side", { takerSide: "unknown" }],
    ["that was fetched", { source: "repair" }],
    ["of the oldest time", { time: 1_230_940_800_000 }],
    ["of the newest time", { time: LATEST }],
    ["that came before its time", { receivedAt: 0 }],
  ])("%s is accepted", (_name, fields) => {
    expect(faultWith(fields)).toBeUndefined();
  });

  const digits = "of at most 20 integer and 18 fraction digits";
  const price = `price must be canonical decimal text above 0, at most 20 integer and 18 fraction digits`;
  const amount = `amount must be canonical decimal text ${digits}`;
  const ord = "ord must be integer text with ord + count below 2^63";
  const times = "must be epoch ms from 1230940800000 to 1723161600000";
  it.each<[Fault["code"], Record<string, unknown>, string]>([
    ["bad_market", { market: "BTCUSDT" }, 'market must be venue:symbol, not "BTCUSDT"'],
    ["bad_market", { market: 5 }, "market must be venue:symbol, not 5"],
    ["bad_market", { market: undefined }, "market must be venue:symbol, not missing"],
    [
      "bad_id",
      { id: "" },
      'id must be well-formed text of 1–128 characters, none of control, not ""',
    ],
    [
      "bad_id",
      { id: 7 },
      "id must be well-formed text of 1–128 characters, none of control, not 7",
    ],
    [
      "bad_id",
      { id: "a\0" },
      'id must be well-formed text of 1–128 characters, none of control, not "a\\u0000"',
    ],
    [
      "bad_id",
      { id: "a\ud800" },
      'id must be well-formed text of 1–128 characters, none of control, not "a\\ud800"',
    ],
    [
      "bad_id",
      { id: "x".repeat(129) },
      `id must be well-formed text of 1–128 characters, none of control, not "${"x".repeat(80)}"`,
    ],
    ["bad_count", { count: 0 }, "count must be an integer of 1–1000000, not 0"],
    ["bad_count", { count: 1.5 }, "count must be an integer of 1–1000000, not 1.5"],
    ["bad_count", { count: "1" }, 'count must be an integer of 1–1000000, not "1"'],
    ["bad_count", { count: MAX_COUNT + 1 }, "count must be an integer of 1–1000000, not 1000001"],
    ["bad_ord", { ord: 5 }, `${ord}, not 5`],
    ["bad_ord", { ord: "" }, `${ord}, not ""`],
    ["bad_ord", { ord: "-1" }, `${ord}, not "-1"`],
    ["bad_ord", { ord: "1e3" }, `${ord}, not "1e3"`],
    ["bad_ord", { ord: "12345678901234567890" }, `${ord}, not "12345678901234567890"`],
    ["bad_ord", { ord: String(HIGHEST_ORD) }, `${ord}, not "9223372036854775807"`],
    [
      "bad_ord",
      { ord: String(HIGHEST_ORD - 6n), count: 7, kind: "aggregated" },
      `${ord}, not "9223372036854775801"`,
    ],
    [
      "bad_kind",
      { kind: "other" },
      'kind must be raw (count 1) or aggregated, not "other, count 1"',
    ],
    ["bad_kind", { count: 2 }, 'kind must be raw (count 1) or aggregated, not "raw, count 2"'],
    [
      "bad_kind",
      { ids: "some" },
      'ids and offBook must be dense or sparse, and true or false, not "some, false"',
    ],
    [
      "bad_kind",
      { offBook: 0 },
      'ids and offBook must be dense or sparse, and true or false, not "dense, 0"',
    ],
    ["bad_price", { price: 61674.01 }, `${price}, not 61674.01`],
    ["bad_price", { price: "0" }, `${price}, not "0"`],
    ["bad_price", { price: "1.0" }, `${price}, not "1.0"`],
    ["bad_price", { price: "-1" }, `${price}, not "-1"`],
    ["bad_amount", { amount: 1 }, `${amount}, not 1`],
    ["bad_amount", { amount: "01" }, `${amount}, not "01"`],
    ["bad_side", { takerSide: "SELL" }, 'takerSide must be buy, sell or unknown, not "SELL"'],
    [
      "bad_source",
      { source: "other" },
      'source must be live, replay, simulated, posted, repair, backfill, not "other"',
    ],
    ["bad_time", { time: 1_230_940_799_999 }, `time ${times}, not 1230940799999`],
    ["bad_time", { time: LATEST + 1 }, `time ${times}, not 1723161600001`],
    ["bad_time", { time: LATEST - 0.5 }, `time ${times}, not 1723161599999.5`],
    ["bad_time", { receivedAt: 0.5 }, "receivedAt must be epoch ms, not 0.5"],
    ["bad_time", { receivedAt: null }, "receivedAt must be epoch ms, not null"],
  ])("is refused as %s: %j", (code, fields, detail) => {
    expect(faultWith(fields)).toMatchObject({ code, detail });
  });

  it("passes with time if only its time is ahead", () => {
    expect(faultWith({ time: LATEST + 1 })?.isAhead).toBe(true);
    for (const fields of [{ time: 0 }, { time: LATEST + 0.5 }, { price: "0" }])
      expect(faultWith(fields)?.isAhead).toBeUndefined();
  });

  it("is refused for a time after a limit between two ms, which is named in whole ms", () => {
    expect(faultOf({ ...TRADE, time: LATEST + 1 }, LATEST + 0.9)?.detail).toContain(
      `to ${LATEST},`,
    );
  });
});

describe("a clock record", () => {
  const clock: Clock = { market: "binance:BTCUSDT", clock: LATEST };

  it("is told from a trade", () => {
    expect(isClock(clock)).toBe(true);
    expect(isClock(TRADE)).toBe(false);
  });

  it("is accepted up to the newest plausible time", () => {
    expect(clockFaultOf(clock, LATEST)).toBeUndefined();
    expect(clockFaultOf(clock, LATEST - 1)).toEqual({
      code: "bad_time",
      detail: "clock must be epoch ms from 1230940800000 to 1723161599999, not 1723161600000",
      isAhead: true,
    });
  });

  it.each(["BTCUSDT", 5, null])("is refused for the market %j", (market) => {
    expect(clockFaultOf({ ...clock, market } as Clock, LATEST)).toEqual({
      code: "bad_market",
      detail: `market must be venue:symbol, not ${JSON.stringify(market)}`,
    });
  });
});
