import fc from "fast-check";
import type { Candle } from "../domain/candle.js";
import { fromUnits, toUnits } from "../domain/decimal.js";
import { MINUTE_MS } from "../domain/units.js";
import { type Ticker, WINDOW_MINUTES, tickerFrom as tickerAt } from "./ticker.js";
import { TickerBoard } from "./ticker-board.js";

const tickerFrom = (candles: readonly Candle[]): Ticker | undefined => tickerAt(candles, true, 0);

function minute(at: number, fields: Partial<Candle> = {}): Candle {
  return {
    market: "sim:A",
    interval: "1m",
    openTime: at * MINUTE_MS,
    closeTime: (at + 1) * MINUTE_MS - 1,
    open: "1",
    high: "1",
    low: "1",
    close: "1",
    volume: "1",
    quoteVolume: "1",
    takerBuyVolume: "0",
    takerBuyQuoteVolume: "0",
    trades: 1,
    firstTradeId: "1",
    lastTradeId: "1",
    closed: true,
    version: 1,
    revision: 0,
    complete: true,
    ...fields,
  };
}

const price = fc
  .integer({ min: 1, max: 10_000_000 })
  .map((units) => fromUnits(BigInt(units) * 10n ** 31n));
/** Up to 60 candles over some two days, a few of them with a second version. */
const history = fc.array(
  fc.record({
    // Often adjacent: tradesPerMinute covers the newest minutes.
    at: fc.oneof(fc.integer({ min: 0, max: 2_900 }), fc.integer({ min: 2_890, max: 2_900 })),
    open: price,
    close: price,
    volume: price,
    trades: fc.nat(1_000),
    complete: fc.constantFrom(true, true, true, true, false, null),
  }),
  { minLength: 1, maxLength: 60 },
);

/** The docstring of Ticker, implemented naively. */
function naive(candles: readonly Candle[]): Partial<Ticker> {
  const newest = Math.max(...candles.map(({ openTime }) => openTime));
  const inside = candles
    .filter(({ openTime }) => openTime > newest - WINDOW_MINUTES * MINUTE_MS)
    .sort((a, b) => a.openTime - b.openTime);
  const sum = (field: "volume" | "quoteVolume"): string =>
    fromUnits(inside.reduce((total, candle) => total + toUnits(candle[field]), 0n));
  const sorted = (field: "high" | "low"): string[] =>
    inside.map((candle) => candle[field]).sort((a, b) => (toUnits(a) < toUnits(b) ? -1 : 1));
  const [open, last] = [inside[0]?.open as string, inside.at(-1)?.close as string];
  return {
    open,
    last,
    high: sorted("high").at(-1) as string,
    low: sorted("low")[0] as string,
    volume: sum("volume"),
    quoteVolume: sum("quoteVolume"),
    change: fromUnits(toUnits(last) - toUnits(open)),
    trades: inside.reduce((total, { trades }) => total + trades, 0),
    tradesPerMinute: naivePace(inside),
    complete: inside.some(({ complete }) => complete === false)
      ? false
      : inside.some(({ complete }) => complete === null)
        ? null
        : true,
    openTime: newest - 1_439 * MINUTE_MS,
    closeTime: newest + MINUTE_MS - 1,
    stale: false,
  };
}

function naivePace(inside: readonly Candle[]): number {
  const minutes = inside.map(({ openTime }) => openTime / MINUTE_MS);
  const [oldest, newest] = [minutes[0] as number, minutes.at(-1) as number];
  const whole = [1, 2, 3, 4, 5].map((back) => newest - back).filter((at) => at >= oldest);
  const tradesAt = (at: number): number => inside[minutes.indexOf(at)]?.trades ?? 0;
  if (whole.length === 0) return tradesAt(newest);
  const sum = whole.reduce((total, at) => total + tradesAt(at), 0);
  return Number((sum / whole.length).toFixed(2));
}

describe("the 24 h figures", () => {
  it("are those of the 1,440 minutes that end with the newest trade's", () => {
    const ticker = tickerFrom([
      minute(0, { open: "9", high: "90", volume: "1000" }),
      minute(1, { open: "10", low: "0.5" }),
      minute(1_440, {
        close: "12.5",
        high: "13",
        volume: "0.000000000000000001",
      }),
    ]);
    expect(ticker).toEqual({
      market: "sim:A",
      last: "12.5",
      open: "10",
      high: "13",
      low: "0.5",
      volume: "1.000000000000000001",
      quoteVolume: "2",
      change: "2.5",
      changePercent: "25.00",
      trades: 2,
      tradesPerMinute: 0,
      complete: true,
      openTime: MINUTE_MS,
      closeTime: 1_441 * MINUTE_MS - 1,
      stale: false,
    });
  });

  it("average the trades of the five minutes before the newest, or of fewer if there are fewer", () => {
    const pace = (...trades: number[]): number | undefined =>
      tickerFrom(trades.map((count, at) => minute(at, { trades: count })))?.tradesPerMinute;
    expect(pace(100, 1, 2, 3, 4, 5, 1_000)).toBe(3);
    expect(pace(2, 3, 5, 1_000)).toBe(3.33);
    expect(pace(7)).toBe(7);
    const silent = [minute(0, { trades: 50 }), minute(2), minute(6)];
    expect(tickerFrom(silent)?.tradesPerMinute).toBe(0.2);
  });

  it.each([
    [[true, true], true],
    [[true, null], null],
    [[null, false, true], false],
  ])("with minutes that are complete or not: %j make %s", (minutes, whole) => {
    const candles = minutes.map((complete, at) => minute(at, { complete }));
    expect(tickerFrom(candles)?.complete).toBe(whole);
    const outside = minute(-WINDOW_MINUTES, { complete: false });
    expect(tickerFrom([outside, ...candles])?.complete).toBe(whole);
  });

  it("do not exist before the first trade", () => {
    expect(tickerFrom([])).toBeUndefined();
  });

  it("are the same from the store and from events in any order, with every old version ignored", () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat(1_000)), (rows, order) => {
        const latest = new Map<number, Candle>();
        for (const { at, open, close, volume, trades, complete } of rows) {
          const [high, low] = toUnits(open) > toUnits(close) ? [open, close] : [close, open];
          const version = (latest.get(at)?.version ?? 0) + 1;
          latest.set(
            at,
            minute(at, {
              open,
              close,
              high,
              low,
              volume,
              quoteVolume: volume,
              trades,
              complete,
              version,
            }),
          );
        }
        const candles = [...latest.values()].sort((a, b) => a.openTime - b.openTime);
        const events = [
          ...candles,
          ...candles.map((candle) => ({
            ...candle,
            version: candle.version - 1,
            volume: "777",
          })),
        ];
        const shuffled = events
          .map((candle) => ({ candle, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key);
        const board = new TickerBoard(() => 0);
        for (const { candle } of shuffled) {
          board.put(candle);
          // Reading between the events must not change the result.
          if (candle.version % 2 === 0) board.ticker("sim:A");
        }
        expect(tickerFrom(candles)).toMatchObject(naive(candles));
        expect(board.ticker("sim:A")).toEqual(tickerFrom(candles));
      }),
    );
  });
});

describe("the ticker board", () => {
  it("reports whether a candle changed it", () => {
    const board = new TickerBoard(() => 0);
    expect(board.put(minute(2_000, { version: 5 }))).toBe(true);
    expect(board.put(minute(2_000, { version: 5, close: "7" }))).toBe(false);
    expect(board.put(minute(2_000 - WINDOW_MINUTES))).toBe(false);
    expect(board.put(minute(2_001 - WINDOW_MINUTES))).toBe(true);
    expect(board.has("sim:A")).toBe(true);
    expect(board.has("sim:B")).toBe(false);
  });

  it("lists markets by name", () => {
    const board = new TickerBoard(() => 0);
    for (const market of ["sim:B", "binance:A", "sim:A"]) board.put(minute(1, { market }));
    expect(board.all().map(({ market }) => market)).toEqual(["binance:A", "sim:A", "sim:B"]);
  });
});

describe("a window of an earlier time", () => {
  const candles = [minute(0), minute(5)];
  const end = 6 * MINUTE_MS;

  it.each([
    ["is followed", true, end + 86_400_000, false],
    ["has ended a minute ago", false, end + MINUTE_MS, false],
    ["has ended more than a minute ago", false, end + MINUTE_MS + 1, true],
  ])("is stale or not: the market %s", (_, followed, now, stale) => {
    expect(tickerAt(candles, followed, now)?.stale).toBe(stale);
    let time = now;
    const board = new TickerBoard(() => time);
    for (const candle of candles) board.put(candle);
    // Nobody has said yet who is followed.
    expect(board.ticker("sim:A")?.stale).toBe(false);
    const set = new Set(followed ? ["sim:A"] : []);
    expect(board.follow(set)).toEqual(["sim:A"]);
    expect(board.ticker("sim:A")?.stale).toBe(stale);
    expect(board.follow(set)).toEqual([]);
    time = end;
    expect(board.follow(new Set())).toEqual(stale ? ["sim:A"] : []);
  });
});
