import { type RawTrade, type SymbolTape, countWhile, decimalText, units } from "./symbol-tape.js";

// The exchange's own candles. Nothing of `src/` is used: they are compared with the product's, and
// must not share its code.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const WIDTHS: Record<string, number> = {
  "1s": 1_000,
  "1m": MINUTE,
  "3m": 3 * MINUTE,
  "5m": 5 * MINUTE,
  "15m": 15 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "2h": 2 * HOUR,
  "4h": 4 * HOUR,
  "6h": 6 * HOUR,
  "8h": 8 * HOUR,
  "12h": 12 * HOUR,
  "1d": DAY,
  "1w": 7 * DAY,
};

/** As Binance's REST gives it. */
export type KlineRow = [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTime: number,
  quoteVolume: string,
  trades: number,
  takerBuyVolume: string,
  takerBuyQuoteVolume: string,
  unused: "0",
];

export interface KlineRange {
  interval: string;
  /** Epoch ms; candles that open between them, both inclusive. */
  from: number;
  to: number;
  limit: number;
  /** The market's time: later trades have not happened. */
  now: number;
}

/** Whether intervals without a trade have a candle at the close before. */
export type EmptyKlines = "absent" | "flat";

export function isKlineInterval(interval: string): boolean {
  return interval === "1M" || Object.hasOwn(WIDTHS, interval);
}

/** Ascending from the oldest; of all there are when `from` is 0. */
export function klinesFrom(
  tape: SymbolTape,
  { interval, from, to, limit, now }: KlineRange,
  empty: EmptyKlines = "absent",
): KlineRow[] {
  const traded = tape.trades
    .slice(0, tape.tradesBy(now))
    .filter(({ print }) => print === undefined);
  const rows: KlineRow[] = [];
  const newest = traded.at(-1);
  if (newest === undefined) return rows;
  const last = Math.min(to, empty === "flat" ? now : newest.time);
  let at = countWhile(traded, ({ time }) => time < from);
  let open = bucket(interval, at === 0 ? (traded[0] as RawTrade).time : from);
  if (open < from) open = next(interval, open);
  at = countWhile(traded, ({ time }) => time < open);
  while (open <= last && rows.length < limit) {
    const end = next(interval, open);
    const begin = at;
    while (at < traded.length && (traded[at] as RawTrade).time < end) at++;
    if (at > begin) rows.push(kline(open, end, traded.slice(begin, at)));
    else if (empty === "flat") rows.push(flat(open, end, traded[begin - 1] as RawTrade));
    open =
      empty === "flat" || at >= traded.length
        ? end
        : bucket(interval, (traded[at] as RawTrade).time);
  }
  return rows;
}

/** The newest candles up to a time, ascending. */
export function newestKlines(
  tape: SymbolTape,
  range: Omit<KlineRange, "from">,
  empty: EmptyKlines = "absent",
): KlineRow[] {
  const all = { ...range, from: 0, limit: Infinity };
  return klinesFrom(tape, all, empty).slice(-range.limit);
}

function bucket(interval: string, time: number): number {
  if (interval === "1M") {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  }
  const width = WIDTHS[interval] as number;
  // The epoch began on a Thursday; weeks begin on Mondays.
  const shift = interval === "1w" ? 3 * DAY : 0;
  return Math.floor((time + shift) / width) * width - shift;
}

function next(interval: string, openTime: number): number {
  if (interval !== "1M") return openTime + (WIDTHS[interval] as number);
  const date = new Date(openTime);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

function kline(openTime: number, end: number, trades: readonly RawTrade[]): KlineRow {
  let [high, low] = [0n, 0n];
  const total = { base: 0n, quote: 0n, buyBase: 0n, buyQuote: 0n };
  for (const { price, amount, isBuyerMaker } of trades) {
    const [p, q] = [units(price), units(amount)];
    if (p > high) high = p;
    if (low === 0n || p < low) low = p;
    total.base += q;
    total.quote += p * q;
    if (isBuyerMaker) continue;
    total.buyBase += q;
    total.buyQuote += p * q;
  }
  const [first, last] = [trades[0] as RawTrade, trades.at(-1) as RawTrade];
  return [
    openTime,
    decimalText(units(first.price)),
    decimalText(high),
    decimalText(low),
    decimalText(units(last.price)),
    decimalText(total.base),
    end - 1,
    decimalText(total.quote, 16),
    trades.length,
    decimalText(total.buyBase),
    decimalText(total.buyQuote, 16),
    "0",
  ];
}

function flat(openTime: number, end: number, before: RawTrade): KlineRow {
  const price = decimalText(units(before.price));
  const none = decimalText(0n);
  return [openTime, price, price, price, price, none, end - 1, none, 0, none, none, "0"];
}
