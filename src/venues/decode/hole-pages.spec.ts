import type { Trade } from "../../domain/trade.js";
import type { SymbolHole } from "../venue.js";
import { atLeast, endOfAll, pageOf, pagesBackwards } from "./hole-pages.js";

/** Only the fields that are read. */
const trade = (ord: number, count = 1): Trade => ({ ord: String(ord), count }) as Trade;
const ords = (trades: readonly Trade[]): number[] => trades.map(({ ord }) => Number(ord));
const HOLE: SymbolHole = { symbol: "X", from: 10n, to: 20n, after: 0, before: 1 };
const decoded = (...trades: Trade[]) => ({ trades, refused: [] });

describe("a page of a hole", () => {
  it("has the trades that overlap the hole, in ascending order, whatever theirs was", () => {
    for (const order of [
      [21, 12, 9, 20, 19, 10],
      [9, 10, 12, 19, 20, 21],
    ]) {
      const page = pageOf(HOLE, decoded(...order.map((ord) => trade(ord))), undefined, undefined);
      expect(ords(page.trades)).toEqual([10, 12, 19]);
    }
    const reaching = decoded(trade(18, 4), trade(8, 2), trade(7, 4));
    expect(ords(pageOf(HOLE, reaching, undefined, undefined).trades)).toEqual([7, 18]);
  });

  it("reports the ids of the hole that it covers, unless a trade was refused", () => {
    const range = { from: 5n, to: 15n };
    expect(pageOf(HOLE, decoded(), range, undefined).reported).toEqual({ from: 10n, to: 15n });
    const refused = [{ reason: "bad_price", detail: "" }];
    expect(pageOf(HOLE, { trades: [], refused }, range, undefined)).toMatchObject({
      reported: undefined,
      refused,
    });
  });
});

describe("pages back from the end of a hole", () => {
  const asked: [bigint, number][] = [];
  const venue = (...pages: Trade[][]) => ({
    maxPerRequest: 4,
    weight: 3,
    path: (before: bigint, limit: number) => {
      asked.push([before, limit]);
      return `/trades?before=${before}&limit=${limit}`;
    },
    read: () => ({ ok: true as const, value: decoded(...(pages.shift() ?? [])) }),
  });
  beforeEach(() => asked.splice(0));

  it("go on from the oldest trade, and ask for no more than is missing", () => {
    const first = pagesBackwards(HOLE, venue([trade(19), trade(16), trade(18)], [trade(13)]));
    expect(first).toMatchObject({ path: "/trades?before=20&limit=4", weight: 3 });
    const page = first.read("", { receivedAt: 0 });
    expect(page).toMatchObject({ value: { reported: { from: 16n, to: 20n } } });
    const second = page.ok ? page.value.next?.read("", { receivedAt: 0 }) : undefined;
    expect(second).toMatchObject({ value: { reported: { from: 13n, to: 16n } } });
    expect(asked).toEqual([
      [20n, 4],
      [16n, 4],
      [13n, 3],
    ]);
  });

  it("end at the first id of the hole, and where the venue has nothing older", () => {
    const last = (...trades: Trade[]) =>
      pagesBackwards(HOLE, venue(trades)).read("", { receivedAt: 0 });
    expect(last(trade(10))).toMatchObject({
      value: { reported: { from: 10n, to: 20n }, next: undefined },
    });
    expect(last(trade(9), trade(11))).toMatchObject({ value: { next: undefined } });
    for (const nothing of [last(), last(trade(20)), last(trade(25))])
      expect(nothing).toMatchObject({ value: { reported: undefined, next: undefined } });
  });

  it("pass on that the body could not be read", () => {
    const problem = { ok: false as const, reason: "not_json", detail: "x" };
    expect(
      pagesBackwards(HOLE, { ...venue(), read: () => problem }).read("", { receivedAt: 0 }),
    ).toEqual(problem);
  });
});

it("finds the ends of trades", () => {
  expect(endOfAll([trade(5, 3), trade(2)], 4n)).toBe(8n);
  expect(endOfAll([trade(5, 3)], 9n)).toBe(9n);
  expect(endOfAll([], 9n)).toBe(9n);
  expect(atLeast(4n, trade(5))).toBe(5n);
  expect(atLeast(6n, trade(5))).toBe(6n);
});
