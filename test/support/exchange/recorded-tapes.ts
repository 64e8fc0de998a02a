import type { Trade } from "../../../src/domain/trade.js";
import { gapTrades, spotTrades, usdmTrades } from "../recordings.js";
import { random } from "../random.js";
import { type RawTrade, SymbolTape, decimalText, units } from "./symbol-tape.js";

/** BTCUSDT spot of eleven minutes, as recorded, or made trades of that shape. */
export function spotTape(): SymbolTape {
  return new SymbolTape("BTCUSDT", spotTrades(20_000).filter(isFirstMarket).map(rawTrade));
}

/** BTCUSDT perpetual of six minutes, as recorded; undefined without recordings. */
export function usdmTape(): SymbolTape | undefined {
  const trades = usdmTrades();
  return trades && new SymbolTape("BTCUSDT", trades.map(rawTrade));
}

/**
 * LTCUSDT of 36 h with 26 holes in its ids, as recorded, or made trades with as many. `void`: the
 * exchange has no trades under these ids. `filled`: it has some, which the recorder had missed.
 */
export function gapTape(holes: "void" | "filled"): SymbolTape {
  const trades = gapTrades()?.map(rawTrade) ?? withVoids(madeTrades(36 * 60, 3), 26, 4);
  return new SymbolTape("LTCUSDT", holes === "void" ? trades : filled(trades));
}

/** The same market under another name and other ids, some ms later. */
export function renamed(
  tape: SymbolTape,
  symbol: string,
  by: { ids: number; ms: number },
): SymbolTape {
  const trades = tape.trades.map((trade) => ({
    ...trade,
    id: trade.id + by.ids,
    time: trade.time + by.ms,
  }));
  return new SymbolTape(symbol, trades);
}

/** The trades of a part of a tape. */
export function between(tape: SymbolTape, from: number, to: number): SymbolTape {
  const trades = tape.trades.filter(({ time }) => time >= from && time < to);
  return new SymbolTape(tape.symbol, trades);
}

/**
 * From `at` on, as many trades as that happen in one millisecond, no two of them in one aggregate:
 * more than a page of REST holds where there are more than a thousand.
 */
export function withBurst(trades: readonly RawTrade[], at: number, count: number): RawTrade[] {
  const time = trades[at]?.time ?? 0;
  return trades.map((trade, index) =>
    index < at || index >= at + count ? trade : { ...trade, time, isBuyerMaker: index % 2 === 0 },
  );
}

/** Ids that do not exist, at random places: each some ids long. */
export function withVoids(trades: readonly RawTrade[], count: number, seed: number): RawTrade[] {
  const next = random(seed);
  const places = new Set<number>();
  while (places.size < count) places.add(1 + Math.floor(next() * (trades.length - 1)));
  let shift = 0;
  return trades.map((trade, index) => {
    if (places.has(index)) shift += 1 + Math.floor(next() * 40);
    return { ...trade, id: trade.id + shift };
  });
}

/**
 * A market of some minutes: bursts of one millisecond, quiet minutes, equal neighbours. About a
 * trade a second, or fewer where times are up to more than 3 s apart.
 */
export function madeTrades(
  minutes: number,
  seed: number,
  start = Date.UTC(2025, 5, 21, 12),
  maxStepMs = 3_000,
): RawTrade[] {
  const next = random(seed);
  const end = start + minutes * 60_000;
  const trades: RawTrade[] = [];
  let cents = 8_000 + Math.floor(next() * 1_000);
  let isBuyerMaker = false;
  for (let time = start; time < end;) {
    const step = next();
    if (step > 0.4) {
      cents = Math.max(1, cents + Math.floor(next() * 7) - 3);
      isBuyerMaker = next() < 0.5;
    }
    trades.push({
      id: 700_000 + trades.length,
      price: decimalText(BigInt(cents) * 1_000_000n),
      amount: decimalText(BigInt(1 + Math.floor(next() * 9_999)) * 100_000n),
      isBuyerMaker,
      time,
    });
    time += step < 0.4 ? 0 : step < 0.997 ? Math.floor(next() * maxStepMs) : 150_000;
  }
  return trades;
}

/** Trades under the ids that are missing, at times and prices between those around them. */
function filled(trades: readonly RawTrade[]): RawTrade[] {
  return trades.flatMap((after, index) => {
    const before = trades[index - 1];
    if (before === undefined || before.id + 1 === after.id) return [after];
    const missing = after.id - before.id - 1;
    const step = (after.time - before.time) / (missing + 1);
    const made = Array.from({ length: missing }, (_, at): RawTrade => ({
      id: before.id + 1 + at,
      price: at % 3 === 0 ? after.price : before.price,
      amount: decimalText(units("0.001") * BigInt(1 + (at % 900))),
      isBuyerMaker: at % 4 < 2,
      time: Math.floor(before.time + step * (at + 1)),
    }));
    return [...made, after];
  });
}

function rawTrade({ id, price, amount, takerSide, time, offBook }: Trade): RawTrade {
  return {
    id: Number(id),
    price,
    amount,
    isBuyerMaker: takerSide === "sell",
    time,
    ...(offBook && { print: "INSURANCE_FUND" as const }),
  };
}

function isFirstMarket({ market }: Trade, _: number, all: readonly Trade[]): boolean {
  return market === all[0]?.market;
}
