/** A trade as the exchange made it. */
export interface RawTrade {
  id: number;
  /** Decimal text. */
  price: string;
  amount: string;
  /** The seller was the aggressor. */
  isBuyerMaker: boolean;
  /** Epoch ms. */
  time: number;
  /** Futures: prints outside the book, which aggregates and candles leave out. */
  print?: "INSURANCE_FUND" | "ADL" | "NA";
}

/** Trades of one taker order at one price, under ids of their own. */
export interface Aggregate {
  a: number;
  price: string;
  amount: string;
  first: number;
  last: number;
  time: number;
  isBuyerMaker: boolean;
}

/** Everything one symbol will ever have traded; what has been traded by now is a prefix of it. */
export class SymbolTape {
  readonly aggregates: readonly Aggregate[];

  /** @param trades ascending by id and by time; missing ids do not exist at this exchange */
  constructor(
    readonly symbol: string,
    readonly trades: readonly RawTrade[],
  ) {
    for (let at = 1; at < trades.length; at++) {
      const [before, after] = [trades[at - 1], trades[at]] as [RawTrade, RawTrade];
      if (after.id <= before.id || after.time < before.time)
        throw new Error(`${symbol}: trade ${after.id} is out of order`);
    }
    this.aggregates = aggregated(trades);
  }

  get start(): number {
    return this.trades[0]?.time ?? 0;
  }

  get end(): number {
    return this.trades.at(-1)?.time ?? 0;
  }

  /** How many trades there are up to a time, inclusive. */
  tradesBy(time: number): number {
    return countWhile(this.trades, (trade) => trade.time <= time);
  }

  aggregatesBy(time: number): number {
    return countWhile(this.aggregates, (aggregate) => aggregate.time <= time);
  }

  /** Ids below the newest that do not exist, as `[from, to)`. */
  voids(): [number, number][] {
    return this.trades.flatMap(({ id }, at) => {
      const before = this.trades[at - 1];
      return before === undefined || before.id + 1 === id
        ? []
        : [[before.id + 1, id] as [number, number]];
    });
  }
}

/** Length of the longest prefix whose elements all hold, given that no element behind it does. */
export function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function aggregated(trades: readonly RawTrade[]): Aggregate[] {
  const result: Aggregate[] = [];
  // Counted apart from trades, from somewhere else.
  let a = Math.floor((trades[0]?.id ?? 0) / 2) + 17;
  for (const { id, price, amount, isBuyerMaker, time, print } of trades) {
    if (print !== undefined) continue;
    const open = result.at(-1);
    const isSame =
      open !== undefined &&
      open.last + 1 === id &&
      open.time === time &&
      open.price === price &&
      open.isBuyerMaker === isBuyerMaker;
    if (isSame) {
      open.last = id;
      open.amount = sum(open.amount, amount);
    } else
      result.push({
        a: a++,
        price,
        amount,
        first: id,
        last: id,
        time,
        isBuyerMaker,
      });
  }
  return result;
}

const PLACES = 8;

/** Whole units of 10^-8, in which this exchange calculates. */
export function units(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  if (fraction.length > PLACES || !/^\d+$/.test(whole + fraction))
    throw new Error(`${decimal} is no decimal of at most ${PLACES} places`);
  return BigInt(whole + fraction.padEnd(PLACES, "0"));
}

/** Decimal text of whole units of 10^-places, with eight places or more where they are needed. */
export function decimalText(value: bigint, places = PLACES): string {
  const digits = String(value).padStart(places + 1, "0");
  const fraction = digits.slice(-places);
  const rest = fraction.slice(PLACES).replace(/0+$/, "");
  return `${digits.slice(0, -places)}.${fraction.slice(0, PLACES)}${rest}`;
}

function sum(a: string, b: string): string {
  return decimalText(units(a) + units(b));
}
