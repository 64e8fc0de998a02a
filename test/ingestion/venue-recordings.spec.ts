import type { Trade } from "../../src/domain/trade.js";
import { binance } from "../../src/venues/binance/spot.js";
import { bitstamp } from "../../src/venues/bitstamp/bitstamp.js";
import { bybitLinear } from "../../src/venues/bybit/linear.js";
import { bybit } from "../../src/venues/bybit/spot.js";
import { coinbase } from "../../src/venues/coinbase/coinbase.js";
import { kraken } from "../../src/venues/kraken/kraken.js";
import { okx } from "../../src/venues/okx/okx.js";
import type { Venue } from "../../src/venues/venue.js";
import { GOLDENS, type Golden, bucketsOf, decoded } from "../support/venue-buckets.js";
import { matches } from "../support/venue-candles.js";
import { type Recording, FRAME_TRADES, framesOf, isRecorded } from "../support/venue-recordings.js";

/** What the recordings hold; of made frames there are forty trades each. */
const RECORDED: Record<string, { trades: number; refused: number }> = {
  binance: { trades: 2, refused: 0 },
  bitstamp: { trades: 10, refused: 0 },
  bybit: { trades: 20, refused: 0 },
  "bybit-linear": { trades: 327, refused: 0 },
  coinbase: { trades: 279, refused: 0 },
  kraken: { trades: 0, refused: 10 },
  okx: { trades: 69, refused: 5 },
};

const CASES: [Venue, Recording, RegExp][] = [
  [binance, "BINANCE", /./],
  [bitstamp, "BITSTAMP", /./],
  [bybit, "BYBIT", /spot/],
  [bybitLinear, "BYBIT", isRecorded ? /linear/ : /spot/],
  [coinbase, "COINBASE", /./],
  [kraken, "KRAKEN", /./],
  [okx, "OKX", /./],
];

function plain(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

function idsBySymbol(trades: readonly Trade[]): Map<string, bigint[]> {
  const ids = new Map<string, bigint[]>();
  for (const { market, id } of trades) ids.set(market, [...(ids.get(market) ?? []), BigInt(id)]);
  return ids;
}

/** Ids without a trade between the lowest and the highest of each symbol. */
function missing(trades: readonly Trade[]): bigint {
  let count = 0n;
  for (const ids of idsBySymbol(trades).values()) {
    const sorted = [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
    const [first = 0n, last = 0n] = [sorted[0], sorted.at(-1)];
    count += last - first + 1n - BigInt(sorted.length);
  }
  return count;
}

describe.each(CASES.map(([venue, ...rest]) => [venue.name, venue, ...rest] as const))(
  "%s, recorded",
  (_, venue, recording, address) => {
    const frames = framesOf(recording).filter((frame) => address.test(frame.address));
    const { trades, refused } = decoded(venue, frames);
    const independent = frames.flatMap(({ text }) => FRAME_TRADES[recording](text));

    it("gives every trade of its frames, or the reason why not", () => {
      expect(trades.length + refused.length).toBe(independent.length);
      const expected = RECORDED[venue.name];
      if (isRecorded) expect({ trades: trades.length, refused: refused.length }).toEqual(expected);
      else expect(independent.length).toBe(40);
      expect(refused.every(({ reason, detail }) => reason !== "" && detail !== "")).toBe(true);
    });

    it("gives each trade as in its frame, with the taker's side", () => {
      const byId = new Map(trades.map((trade) => [`${trade.market} ${trade.id}`, trade]));
      const found = independent.flatMap((one) => {
        const trade = byId.get(`${venue.name}:${one.symbol} ${one.id}`);
        return trade === undefined ? [] : [{ trade, one }];
      });
      expect(found).toHaveLength(trades.length);
      for (const { trade, one } of found)
        expect(trade).toMatchObject({
          price: plain(one.price),
          amount: plain(one.amount),
          takerSide: one.takerSide,
          time: one.time,
          kind: venue === binance ? "aggregated" : "raw",
          ids: venue.ids === "dense" ? "dense" : "sparse",
        });
    });
  },
);

const tradesOf = (venue: Venue, recording: Recording, address = /./): Trade[] =>
  decoded(
    venue,
    framesOf(recording).filter((frame) => address.test(frame.address)),
  ).trades;

describe("ids that are said to be dense", () => {
  it.each([
    ["coinbase", coinbase, "COINBASE" as const],
    ["okx", okx, "OKX" as const],
  ])("have no hole in the recording: %s", (_, venue, recording) => {
    expect(missing(tradesOf(venue, recording))).toBe(0n);
  });
});

describe("ids that are not", () => {
  it.each([
    ["bitstamp", bitstamp, "BITSTAMP" as const, 20n],
    ["bybit", bybit, "BYBIT" as const, 36n],
  ])("rise with holes in the recording: %s", (_, venue, recording, holes) => {
    const trades = tradesOf(venue, recording, /spot|bitstamp/);
    const ids = [...idsBySymbol(trades).values()];
    expect(ids.every((list) => list.every((id, at) => at === 0 || id > (list[at - 1] ?? id)))).toBe(
      true,
    );
    if (isRecorded) expect(missing(trades)).toBe(holes);
    else expect(missing(trades)).toBeGreaterThan(0n);
  });
});

/** Updates that equal the fold of a prefix of their trades, and how many there are. */
function compared(
  golden: Golden,
  open?: "first trade" | "previous close",
): { equal: number; of: number } {
  let [equal, of] = [0, 0];
  for (const { venue, trades, updates, closeBefore } of bucketsOf(golden)) {
    const convention = { ...venue.klines.convention, ...(open && { open }) };
    of += updates.length;
    equal += matches(updates, trades, golden.interval, convention, closeBefore);
  }
  return { equal, of };
}

describe("a venue's own candles", () => {
  it.each(GOLDENS)("equal the fold of its trades at every update: $recording", (golden) => {
    expect(compared(golden)).toEqual({
      equal: golden.updates,
      of: golden.updates,
    });
  });

  it("would not under another convention: Bybit's do not open with their first trade", () => {
    const { equal, of } = compared(GOLDENS[0] as Golden, "first trade");
    if (isRecorded) expect(equal).toBeLessThan(of - 20);
    // Made candles open at the previous close, which is their first price.
    else expect(equal).toBe(of);
  });
});
