import fc from "fast-check";
import {
  MAX_COUNT,
  MIN_TIME,
  TAKER_SIDES,
  TRADE_SOURCES,
  type Trade,
  faultOf,
} from "../domain/trade.js";
import { readTrade, writeTrade } from "./trade-text.js";

const LATEST = MIN_TIME + 10 ** 12;

const decimal = fc
  .tuple(fc.bigInt(0n, 10n ** 20n - 1n), fc.stringMatching(/^\d{0,17}[1-9]$/))
  .chain(([whole, part]) => fc.constantFrom(`${whole}`, `${whole}.${part}`, `0.${part}`));

const trades: fc.Arbitrary<Trade> = fc
  .record({
    market: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}:[A-Za-z0-9][A-Za-z0-9._/@:-]{0,12}$/),
    id: fc.oneof(
      fc.stringMatching(/^\d{1,12}$/),
      fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom("a", "\ud800", "\udfff", "\x7f", "\x9f", "\xa0"),
        minLength: 1,
        maxLength: 5,
      }),
    ),
    ord: fc.bigInt(0n, 10n ** 17n - 1n).map(String),
    ids: fc.constantFrom("dense" as const, "sparse" as const),
    kind: fc.constantFrom("raw" as const, "aggregated" as const),
    count: fc.integer({ min: 1, max: MAX_COUNT }),
    price: decimal,
    amount: decimal,
    takerSide: fc.constantFrom(...TAKER_SIDES),
    time: fc.integer({ min: MIN_TIME, max: LATEST }),
    receivedAt: fc.integer({ min: 0, max: 10 ** 15 - 1 }),
    source: fc.constantFrom(...TRADE_SOURCES),
    offBook: fc.boolean(),
  })
  .map((trade) => (trade.kind === "raw" ? { ...trade, count: 1 } : trade))
  .filter((trade) => faultOf(trade, LATEST) === undefined);

/** As JSON and the rules see a text; undefined for what they refuse. */
function asJson(text: string): Trade | undefined {
  try {
    const trade = JSON.parse(text) as Trade;
    return faultOf(trade, LATEST) === undefined ? trade : undefined;
  } catch {
    return undefined;
  }
}

const GOOD: Trade = {
  market: "binance:BTCUSDT",
  id: "7",
  ord: "7",
  ids: "dense",
  kind: "raw",
  count: 1,
  price: "1.5",
  amount: "2",
  takerSide: "buy",
  time: MIN_TIME,
  receivedAt: MIN_TIME,
  source: "live",
  offBook: false,
};

describe("the text of a trade in a topic", () => {
  it("is what JSON would write", () => {
    fc.assert(
      fc.property(trades, (trade) => {
        expect(writeTrade(trade)).toBe(JSON.stringify(trade));
      }),
    );
  });

  it.each([
    ["price", 5],
    ["price", '1"'],
    ["amount", undefined],
    ["ord", 7],
    ["id", null],
    ["market", "a:b\\"],
    ["count", "1"],
    ["time", String(MIN_TIME)],
    ["time", NaN],
    ["receivedAt", 1.5],
    ["offBook", "false"],
  ])("never makes a good %s of %j", (field, value) => {
    const trade = { ...GOOD, [field]: value };
    expect(JSON.parse(writeTrade(trade))).toEqual(JSON.parse(JSON.stringify(trade)));
  });

  it("is read as the same trade", () => {
    fc.assert(
      fc.property(trades, (trade) => {
        const read = readTrade(writeTrade(trade), LATEST);
        // An id that JSON escapes, or that has characters of two units, is left to JSON.
        if (read === undefined) {
          const isPlain = JSON.stringify(trade.id) === `"${trade.id}"`;
          expect(isPlain && [...trade.id].length === trade.id.length).toBe(false);
        } else expect(read).toEqual(trade);
      }),
    );
  });

  it("is never read differently from JSON and the rules, whatever one character becomes", () => {
    const edits = fc.tuple(
      trades,
      fc.nat(),
      fc.constantFrom("0", "9", '"', "\\", ",", "-", ".", "e", " ", "\0", "é"),
      fc.constantFrom(0, 1),
    );
    let read = 0;
    fc.assert(
      fc.property(edits, ([trade, place, character, removed]) => {
        const text = writeTrade(trade);
        const at = place % text.length;
        const edited = text.slice(0, at) + character + text.slice(at + removed);
        const fast = readTrade(edited, LATEST);
        if (fast === undefined) return;
        read++;
        expect(fast).toEqual(asJson(edited));
      }),
      { numRuns: 30_000 },
    );
    // Otherwise nothing would have been compared.
    expect(read).toBeGreaterThan(1_000);
  });

  it.each([
    ["a price of zero", { price: "0" }],
    ["a price that is not canonical", { price: "1.50" }],
    ["a raw trade that counts for two", { count: 2 }],
    ["more trades than one may stand for", { kind: "aggregated", count: 1e6 + 1 }],
    ["a time before the first market", { time: MIN_TIME - 1 }],
    ["a time that has not come", { time: LATEST + 1 }],
    ["an ord that could be past 2^63", { ord: "9223372036854775807" }],
  ] as [string, Partial<Trade>][])("is left to the rules with %s", (_, fields) => {
    expect(readTrade(writeTrade(GOOD), LATEST)).toEqual(GOOD);
    expect(readTrade(writeTrade({ ...GOOD, ...fields }), LATEST)).toBeUndefined();
  });
});
