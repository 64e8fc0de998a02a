import fc from "fast-check";
import { binance } from "../../src/venues/binance/spot.js";
import { binanceUsdm } from "../../src/venues/binance/usdm.js";
import { coinbase } from "../../src/venues/coinbase/coinbase.js";
import { kraken } from "../../src/venues/kraken/kraken.js";
import { okx } from "../../src/venues/okx/okx.js";
import type {
  Answer,
  Hole,
  Question,
  TradePage,
  Venue,
} from "../../src/venues/venue.js";
import { Venues } from "../../src/venues/venues.js";
import { binanceRest, okxRest } from "../support/exchange/by-id-rest.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";
import { krakenDialect } from "../support/exchange/kraken-dialect.js";

const START = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

type Rest = Dialect["rest"];

const VENUES_BY_ID: [string, Venue, string, Rest][] = [
  ["binance", binance, "BTCUSDT", binanceRest],
  ["coinbase", coinbase, "BTC-USD", coinbaseDialect(["BTC-USD"]).rest],
  ["kraken", kraken, "BTC/USD", krakenDialect(["BTC/USD"]).rest],
  ["okx", okx, "BTC-USDT", okxRest],
];

function prints(
  symbol: string,
  count: number,
  timeOf: (index: number) => number,
): Print[] {
  return Array.from({ length: count }, (_, index) => ({
    symbol,
    id: 5_000 + index,
    price: "64000.5",
    amount: "0.25",
    takerSide: index % 3 === 0 ? "buy" : "sell",
    time: START + timeOf(index),
  }));
}

/** The hole between two indices of what should be there. */
function holeOf(all: readonly Print[], first: number, last: number): Hole {
  const at = (index: number): Print => all[index] as Print;
  return {
    symbol: at(0).symbol,
    from: BigInt(at(first).id),
    to: BigInt(at(last).id) + 1n,
    after: at(first - 1).time,
    before: at(last + 1).time,
  };
}

/** Follows the pages of a repair to their end. */
function repaired(
  venue: Venue,
  rest: Rest,
  served: readonly Print[],
  hole: Hole,
): { ids: string[]; told: bigint; pages: number; weight: number } {
  if (venue.repair.kind !== "by id") throw new Error("no repair path");
  const ids: string[] = [];
  let [told, pages, weight] = [0n, 0, 0];
  let question: Question<TradePage> | undefined = venue.repair.begin(
    hole,
    "live",
  );
  while (question !== undefined) {
    if (++pages > 200) throw new Error(`no end: ${question.path}`);
    weight += question.weight;
    const url = new URL(question.path, "http://exchange");
    const body = JSON.stringify(rest(url, () => served));
    const answer: Answer<TradePage> = question.read(body, START + 10 * HOUR);
    if (!answer.ok) throw new Error(`${answer.reason}: ${answer.detail}`);
    const page: TradePage = answer.value;
    expect(page.refused).toEqual([]);
    ids.push(...page.trades.map(({ ord }) => ord));
    if (page.told !== undefined) told += page.told.to - page.told.from;
    question = page.next;
  }
  return { ids, told, pages, weight };
}

const idsFrom = (hole: Hole): string[] =>
  Array.from({ length: Number(hole.to - hole.from) }, (_, index) =>
    (hole.from + BigInt(index)).toString(),
  );

describe.each(VENUES_BY_ID)("a hole on %s", (_, venue, symbol, rest) => {
  const sorted = (ids: readonly string[]): string[] =>
    [...new Set(ids)].sort((a, b) => Number(BigInt(a) - BigInt(b)));

  it.each([
    ["of one trade", 50, 25, 25, (index: number) => index * 1_000],
    ["of several pages", 5_000, 700, 4_300, (index: number) => index * 37],
    // Kraken pages by time: it cannot go on behind a page of one nanosecond, and would say so.
    [
      "with a burst of one millisecond",
      1_200,
      100,
      800,
      (index: number) => Math.floor(index / 400),
    ],
    [
      "with quiet hours inside",
      400,
      100,
      300,
      (index: number) => index * 1_000 + (index > 200 ? 5 * HOUR : 0),
    ],
  ])("is fetched whole: %s", (_name, count, first, last, timeOf) => {
    const served = prints(symbol, count, timeOf);
    const hole = holeOf(served, first, last);
    const { ids, told } = repaired(venue, rest, served, hole);
    expect(sorted(ids)).toEqual(idsFrom(hole));
    expect(told).toBe(hole.to - hole.from);
  });

  it("that the venue itself has no trades for is told to be void", () => {
    const all = prints(symbol, 300, (index) => index * 100);
    const hole = holeOf(all, 100, 199);
    const served = all.filter(({ id }) => id < 5_120 || id >= 5_180);
    const { ids, told } = repaired(venue, rest, served, hole);
    expect(sorted(ids)).toEqual(
      idsFrom(hole).filter((id) => Number(id) < 5_120 || Number(id) >= 5_180),
    );
    expect(told).toBe(hole.to - hole.from);
  });

  it("of which the venue serves nothing is not told to be void, and ends", () => {
    const all = prints(symbol, 300, (index) => index * 100);
    const { ids, told } = repaired(venue, rest, [], holeOf(all, 100, 199));
    expect(ids).toEqual([]);
    expect(told).toBe(0n);
  });
});

it("says nothing of ids before the newest thousand of Binance's futures", () => {
  const all = prints("BTCUSDT", 3_000, (index) => index * 10);
  const hole = holeOf(all, 1_900, 2_100);
  const { ids, told } = repaired(binanceUsdm, binanceRest, all, hole);
  expect([ids[0], ids.at(-1)]).toEqual(["7000", "7100"]);
  expect(told).toBe(101n);
});

describe.each(new Venues().all)("what $name answers", (venue) => {
  const symbol = "binance binance-usdm bybit bybit-linear".includes(venue.name)
    ? "BTCUSDT"
    : ({ coinbase: "BTC-USD", kraken: "BTC/USD", okx: "BTC-USDT" }[
        venue.name
      ] ?? "btcusd");
  const hole = { symbol, from: 10n, to: 20n, after: START, before: START + 1 };
  const questions: Question<unknown>[] = [
    venue.newestTrade(symbol),
    venue.klines.fetch(symbol, "1m", START, START + 60_000),
    venue.repair.kind === "by id"
      ? venue.repair.begin(hole, "live")
      : undefined,
  ].filter((question) => question !== undefined);

  it("is asked for at a path with a weight within the budget", () => {
    expect(symbol).toMatch(venue.symbols.pattern);
    for (const { path, weight } of questions) {
      expect(path).toMatch(/^\/[^ ]+$/);
      expect(weight).toBeLessThanOrEqual(venue.rest.budget.weight);
    }
  });

  it("never throws, whatever it is", () => {
    const bodies = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(bodies, (body) => {
        for (const question of questions) {
          const answer = question.read(body, START);
          if (!answer.ok) expect(answer.reason).toMatch(/^[a-z_]+$/);
        }
        const context = { receivedAt: START, source: "live" } as const;
        expect(venue.decode(body, context)).toHaveProperty("type");
        expect(venue.decodeRest(body, symbol, context)).toHaveProperty("type");
      }),
    );
  });

  it("is refused with a reason when it is an error", () => {
    const error =
      '{"code":-1121,"msg":"Invalid symbol.","error":["EQuery:Unknown asset pair"]}';
    for (const question of questions)
      expect(question.read(error, START)).toMatchObject({ ok: false });
  });
});
