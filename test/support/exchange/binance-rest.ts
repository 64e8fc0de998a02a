import { type EmptyKlines, isKlineInterval, klinesFrom, newestKlines } from "./made-klines.js";
import {
  type Aggregate,
  type RawTrade,
  type SymbolTape,
  countWhile,
  decimalText,
  units,
} from "./symbol-tape.js";

/** Spot (`/api/v3`) or USD-M futures (`/fapi/v1`). */
export type Host = "spot" | "usdm";

export interface RestState {
  host: Host;
  tapes: ReadonlyMap<string, SymbolTape>;
  /** Market time up to which this server has trades, epoch ms. */
  now: number;
  emptyKlines: EmptyKlines;
  /** Weight of a minute, for `exchangeInfo`. */
  perMinute: number;
}

export interface RestAnswer {
  status: number;
  body: unknown;
}

/** An error of a request; code and text are Binance's (errors.md). */
class BadRequest extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface Endpoint {
  weight: Record<Host, number>;
  parameters: readonly string[];
  answer(query: Query, state: RestState): unknown;
}

const MAX_PER_REQUEST = 1_000;
const USUAL = 500;
const WINDOW_MS = 3_600_000;

const ENDPOINTS: Record<string, Endpoint> = {
  ping: { weight: { spot: 1, usdm: 1 }, parameters: [], answer: () => ({}) },
  time: {
    weight: { spot: 1, usdm: 1 },
    parameters: [],
    answer: (_, { now }) => ({ serverTime: now }),
  },
  exchangeInfo: {
    weight: { spot: 20, usdm: 1 },
    parameters: ["symbol", "symbols"],
    answer: exchangeInfo,
  },
  trades: {
    weight: { spot: 25, usdm: 5 },
    parameters: ["symbol", "limit"],
    answer: newestTrades,
  },
  aggTrades: {
    weight: { spot: 4, usdm: 20 },
    parameters: ["symbol", "fromId", "startTime", "endTime", "limit"],
    answer: aggregates,
  },
  klines: {
    weight: { spot: 2, usdm: 5 },
    parameters: ["symbol", "interval", "startTime", "endTime", "limit"],
    answer: klines,
  },
};

const PREFIX: Record<Host, string> = { spot: "/api/v3/", usdm: "/fapi/v1/" };

/** The endpoint of a path, or undefined for one that is not served. */
export function endpointOf(
  pathname: string,
  host: Host,
): { weight: number; answer: (url: URL, state: RestState) => RestAnswer } | undefined {
  if (!pathname.startsWith(PREFIX[host])) return undefined;
  const name = pathname.slice(PREFIX[host].length);
  const endpoint = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
  if (endpoint === undefined) return undefined;
  return {
    weight: endpoint.weight[host],
    answer: ({ searchParams }, state) => {
      try {
        const query = new Query(searchParams, endpoint.parameters);
        return { status: 200, body: endpoint.answer(query, state) };
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error;
        return { status: 400, body: { code: error.code, msg: error.message } };
      }
    },
  };
}

/** Parameters, read as Binance reads them. */
class Query {
  constructor(
    private readonly sent: URLSearchParams,
    known: readonly string[],
  ) {
    const names = [...sent.keys()];
    if (new Set(names).size < names.length)
      throw new BadRequest(-1101, "Duplicate values for a parameter detected.");
    const read = names.filter((name) => known.includes(name)).length;
    if (read < names.length)
      throw new BadRequest(
        -1104,
        `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${names.length}'.`,
      );
  }

  has(name: string): boolean {
    return this.sent.has(name);
  }

  text(name: string): string {
    const value = this.sent.get(name);
    if (value === null || value === "")
      throw new BadRequest(
        -1102,
        `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
      );
    return value;
  }

  tape({ tapes }: RestState): SymbolTape {
    const symbol = this.text("symbol");
    const legal = "^[A-Z0-9-_.]{1,20}$";
    if (!new RegExp(legal).test(symbol)) throw illegal("symbol", legal);
    const tape = tapes.get(symbol);
    if (tape === undefined) throw new BadRequest(-1121, "Invalid symbol.");
    return tape;
  }

  /** Those of a JSON array of symbols, refused if one is unknown; without the parameter, all. */
  tapes({ tapes }: RestState): SymbolTape[] {
    if (!this.has("symbols")) return [...tapes.values()];
    return (JSON.parse(this.text("symbols")) as string[]).map((symbol) => {
      const tape = tapes.get(symbol);
      if (tape === undefined) throw new BadRequest(-1121, "Invalid symbol.");
      return tape;
    });
  }

  /** Undefined when it was not sent. */
  number(name: string): number | undefined {
    if (!this.has(name)) return undefined;
    const value = this.sent.get(name) as string;
    if (value === "") throw new BadRequest(-1105, `Parameter '${name}' was empty.`);
    const legal = "^[0-9]{1,20}$";
    if (!new RegExp(legal).test(value)) throw illegal(name, legal);
    return Number(value);
  }

  limit(): number {
    const limit = this.number("limit") ?? USUAL;
    if (limit === 0) throw new BadRequest(-1130, "Data sent for parameter 'limit' is not valid.");
    return Math.min(MAX_PER_REQUEST, limit);
  }
}

function illegal(name: string, legal: string): BadRequest {
  return new BadRequest(
    -1100,
    `Illegal characters found in parameter '${name}'; legal range is '${legal}'.`,
  );
}

function newestTrades(query: Query, state: RestState): unknown {
  const tape = query.tape(state);
  const limit = query.limit();
  return tape.trades
    .slice(0, tape.tradesBy(state.now))
    .slice(-limit)
    .map(({ id, price, amount, time, isBuyerMaker }: RawTrade) => ({
      id,
      price: decimal(price, state.host),
      qty: decimal(amount, state.host),
      quoteQty: decimalText(units(price) * units(amount), 16),
      time,
      isBuyerMaker,
      ...(state.host === "spot" && { isBestMatch: true }),
    }));
}

/** By `fromId`, or by times; neither: the newest. Ids are those of the aggregates. */
function aggregates(query: Query, state: RestState): unknown {
  const tape = query.tape(state);
  const limit = query.limit();
  const [fromId, start, end] = ["fromId", "startTime", "endTime"].map((name) => query.number(name));
  if (fromId !== undefined && (start !== undefined || end !== undefined))
    throw new BadRequest(-1128, "Combination of optional parameters invalid.");
  if (start !== undefined && end !== undefined && end - start > WINDOW_MS)
    throw new BadRequest(-1127, "More than 1 hours between startTime and endTime.");
  const all = tape.aggregates;
  const known = tape.aggregatesBy(Math.min(state.now, end ?? Infinity));
  const begin =
    fromId !== undefined
      ? countWhile(all, ({ a }) => a < fromId)
      : start !== undefined
        ? countWhile(all, ({ time }) => time < start)
        : Math.max(0, known - limit);
  return all
    .slice(begin, Math.min(known, begin + limit))
    .map((aggregate) => aggregateFields(aggregate, state.host));
}

/** Fields that stream and REST have in common, in Binance's order. */
export function aggregateFields(
  { a, price, amount, first, last, time, isBuyerMaker }: Aggregate,
  host: Host,
): object {
  return {
    a,
    p: decimal(price, host),
    q: decimal(amount, host),
    f: first,
    l: last,
    T: time,
    m: isBuyerMaker,
    ...(host === "spot" && { M: true }),
  };
}

/** Spot writes eight places always, futures those of the symbol. */
export function decimal(text: string, host: Host): string {
  return host === "spot" ? decimalText(units(text)) : text;
}

function klines(query: Query, state: RestState): unknown {
  const tape = query.tape(state);
  const interval = query.text("interval");
  if (!isKlineInterval(interval)) throw new BadRequest(-1120, "Invalid interval.");
  const limit = query.limit();
  const from = query.number("startTime");
  const to = query.number("endTime") ?? Infinity;
  const range = { interval, to, limit, now: state.now };
  return from === undefined
    ? newestKlines(tape, range, state.emptyKlines)
    : klinesFrom(tape, { ...range, from }, state.emptyKlines);
}

function exchangeInfo(query: Query, state: RestState): unknown {
  const tapes = query.has("symbol") ? [query.tape(state)] : query.tapes(state);
  return {
    timezone: "UTC",
    serverTime: state.now,
    rateLimits: [
      {
        rateLimitType: "REQUEST_WEIGHT",
        interval: "MINUTE",
        intervalNum: 1,
        limit: state.perMinute,
      },
    ],
    exchangeFilters: [],
    symbols: tapes.map(({ symbol }) => ({
      symbol,
      status: "TRADING",
      baseAsset: symbol.replace(/USDT$/, ""),
      quoteAsset: "USDT",
      baseAssetPrecision: 8,
      quotePrecision: 8,
      isSpotTradingAllowed: true,
      filters: [
        { filterType: "PRICE_FILTER", tickSize: "0.01000000" },
        { filterType: "LOT_SIZE", stepSize: "0.00001000" },
      ],
    })),
  };
}
