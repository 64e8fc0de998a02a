import type { Candle } from "../../src/domain/candle.js";
import { shuffled, random } from "../../test/support/random.js";
import { CandleList } from "./candle-list.js";

const MINUTE = 60_000;

function candle(minute: number, version = 1, more: Partial<Candle> = {}): Candle {
  return {
    market: "sim:A",
    interval: "1m",
    openTime: minute * MINUTE,
    closeTime: (minute + 1) * MINUTE - 1,
    open: "1",
    high: "2",
    low: "1",
    close: String(version),
    volume: "3",
    quoteVolume: "4",
    takerBuyVolume: "1",
    takerBuyQuoteVolume: "1",
    trades: version,
    firstTradeId: "1",
    lastTradeId: "2",
    closed: false,
    version,
    revision: 0,
    complete: true,
    ...more,
  };
}

const minutes = (list: CandleList) =>
  list.rows.map(({ openTime, version }) => [openTime / MINUTE, version]);

describe("a list of candles", () => {
  it("is the same in any order of versions", () => {
    const all = [1, 2, 3, 4, 5, 6].flatMap((minute) =>
      [1, 2, 3].map((version) => candle(minute, version)),
    );
    for (let seed = 0; seed < 50; seed++) {
      const list = new CandleList();
      const mixed = shuffled(all, random(seed));
      while (mixed.length > 0) list.merge(mixed.splice(0, 1 + (seed % 5)));
      expect(minutes(list)).toEqual([1, 2, 3, 4, 5, 6].map((at) => [at, 3]));
    }
  });

  it("returns the lowest changed index", () => {
    const list = new CandleList();
    expect(list.merge([candle(5), candle(7)])).toBe(0);
    expect(list.merge([candle(7, 2)])).toBe(1);
    expect(list.merge([candle(7, 2), candle(5, 1)])).toBeUndefined();
    expect(list.merge([candle(6), candle(8)])).toBe(1);
    expect(list.merge([candle(9), candle(5, 2)])).toBe(0);
    expect(list.merge([candle(3), candle(4)])).toBe(0);
    expect(minutes(list).map(([minute]) => minute)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it("keeps a revised candle as it closed", () => {
    const list = new CandleList();
    const closed = candle(1, 4, { closed: true });
    list.merge([candle(1, 3), closed]);
    expect(list.unrevised.size).toBe(0);
    list.merge([candle(1, 5, { closed: true, revision: 1 })]);
    list.merge([candle(1, 6, { closed: true, revision: 2 })]);
    expect(list.unrevised.get(MINUTE)).toBe(closed);
    expect(list.at(MINUTE)?.version).toBe(6);
  });

  it("replaced as a whole, drops missing candles, accepts lower versions and still detects revisions", () => {
    const list = new CandleList();
    const closed = candle(2, 4, { closed: true });
    list.merge([candle(1, 9), closed, candle(3)]);
    const revised = candle(2, 7, { closed: true, revision: 1 });
    expect(list.replace([candle(1, 9), revised])).toBe(1);
    expect(minutes(list)).toEqual([
      [1, 9],
      [2, 7],
    ]);
    expect(list.unrevised.get(2 * MINUTE)).toBe(closed);
    expect(list.replace([candle(1, 1)])).toBe(0);
    expect(list.unrevised.size).toBe(0);
    expect(list.replace([candle(1, 1)])).toBeUndefined();
  });
});
