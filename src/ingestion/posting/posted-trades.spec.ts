import { HOUR_MS } from "../../domain/units.js";
import { Venues } from "../../venues/venues.js";
import { postedTrades } from "./posted-trades.js";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const VENUES = new Venues();
const GOOD = { symbol: "A1", price: "1" };

function faultsOf(body: unknown): { field: string; detail: string }[] {
  const { trades, faults } = postedTrades(body, VENUES, NOW, () => 0);
  if (faults.length > 0) expect(trades).toEqual([]);
  return faults;
}

describe("a posted trade", () => {
  it.each([
    ["[1].price", { price: 61234.5 }, /must be a decimal as text/],
    ["[1].price", { price: "-1" }, /must be a decimal/],
    ["[1].price", { price: "1e5" }, /must be a decimal/],
    ["[1].price", { price: "0" }, /above 0/],
    ["[1].price", { price: "1".repeat(21) }, /20 integer and 18 fraction digits/],
    ["[1].price", { price: undefined }, /must be a decimal/],
    ["[1].amount", { amount: "0.0000000000000000001" }, /18 fraction digits/],
    ["[1].time", { time: 0 }, /must be epoch ms from 1230940800000/],
    ["[1].time", { time: NOW + HOUR_MS }, /must be epoch ms from/],
    ["[1].time", { time: "yesterday" }, /must be epoch ms or ISO 8601/],
    ["[1].time", { time: "2026-01-02T03:04:05" }, /with a zone/],
    ["[1].time", { time: "2023-02-29T00:00:00Z" }, /the calendar has no such day/],
    ["[1].time", { time: NOW / 1_000 }, /looks like epoch seconds: in ms it is 1767323045000/],
    ["[1].time", { time: NOW * 1_000 }, /looks like µs: in ms it is 1767323045000/],
    ["[1].time", { time: NOW * 1_000_000 }, /looks like ns: in ms it is/],
    ["[1].time", { time: NOW + 0.5 }, /must be epoch ms or ISO 8601/],
    ["[1].time", { time: true }, /must be epoch ms or ISO 8601/],
    ["[1].takerSide", { takerSide: "BUY" }, /must be buy, sell or unknown/],
    ["[1].id", { id: 7 }, /must be text/],
    ["[1].id", { id: "" }, /1–128 characters/],
    ["[1].id", { id: "x".repeat(129) }, /1–128 characters/],
    ["[1].id", { id: "a\u0000b" }, /must be/],
    ["[1].id", { id: "a\ud800" }, /must be well-formed text/],
    ["[1].id", { id: "a\u0085" }, /none of control/],
    [
      "[1].market",
      { symbol: undefined, market: "binance:BTCUSDT" },
      /must not be of venue binance, whose trades come from its feed/,
    ],
    ["[1].market", { symbol: undefined, market: "sim:BTCUSDT" }, /must not be of venue sim/],
    ["[1].market", { symbol: undefined, market: "BTCUSDT" }, /must be venue:symbol/],
    ["[1].market", { market: "desk:A1" }, /not both/],
    ["[1].market", { symbol: undefined }, /is required/],
    ["[1].symbol", { symbol: "A B" }, /must be letters/],
    ["[1].symbol", { symbol: "A\ud800" }, /must be letters/],
    ["[1].symbol", { symbol: "E\u0301" }, /in Unicode's composed form \(NFC\)/],
    ["[1].volume", { volume: "1" }, /is not known here/],
  ])("is wrong in %s with %j", (field, change, detail) => {
    const faults = faultsOf([GOOD, { ...GOOD, ...change }, GOOD]);
    expect(faults.map((fault) => fault.field)).toEqual([field]);
    expect(faults[0]?.detail).toMatch(detail);
  });

  it("may be a minute ahead of our clock, and no more", () => {
    expect(faultsOf([{ ...GOOD, time: NOW + 60_000 }])).toEqual([]);
    expect(faultsOf([{ ...GOOD, time: NOW + 60_001 }])).toHaveLength(1);
  });

  it("has a symbol in letters of any script", () => {
    const { trades, faults } = postedTrades(
      [{ ...GOOD, symbol: "币安人生USDT" }],
      VENUES,
      NOW,
      () => 0,
    );
    expect(faults).toEqual([]);
    expect(trades[0]?.market).toBe("posted:币安人生USDT");
  });

  it("is ordered by an integer id, else by arrival", () => {
    let serial = 0;
    const ids = ["9007199254740993", "9223372036854775807", "007", "a"];
    const { trades } = postedTrades(
      ids.map((id) => ({ ...GOOD, id })),
      VENUES,
      NOW,
      () => serial++,
    );
    expect(trades.map(({ ord }) => ord)).toEqual([
      "9007199254740993",
      `${NOW}000000`,
      `${NOW}000001`,
      `${NOW}000002`,
    ]);
  });
});

describe("a body of posted trades", () => {
  it.each([
    ["an object", { trades: [] }],
    ["an empty array", []],
    ["1,001 trades", Array.from({ length: 1_001 }, () => GOOD)],
    ["a text", "x"],
    ["nothing", undefined],
  ])("may not be %s", (_, body) => {
    expect(faultsOf(body).map(({ field }) => field)).toEqual(["body"]);
  });

  it("may come twice in one request, but not with two contents", () => {
    const entry = { symbol: "X", price: "1", amount: "2", id: "a", time: NOW };
    expect(faultsOf([entry, { ...entry, takerSide: "buy" }])).toEqual([]);
    const other = { ...entry, price: "1.5", amount: "3" };
    expect(faultsOf([entry, { ...entry, id: "b" }, other])).toEqual([
      {
        field: "[2].price",
        detail: 'must be "1", as in [0], which has the same id and time',
        value: "1.5",
      },
      {
        field: "[2].amount",
        detail: 'must be "2", as in [0], which has the same id and time',
        value: "3",
      },
    ]);
  });

  it("has the faults of each trade named", () => {
    const faults = faultsOf([{ price: "x" }, 7, GOOD, null]);
    expect(faults.map(({ field }) => field)).toEqual(["[0].market", "[0].price", "[1]", "[3]"]);
  });
});
