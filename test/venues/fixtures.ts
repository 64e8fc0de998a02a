import type { Kline } from "../../src/venues/venue.js";
import { binanceRest, okxRest } from "../support/exchange/by-id-rest.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";
import { krakenDialect } from "../support/exchange/kraken-dialect.js";
import {
  type RecordedFrame,
  type Recording,
  framesOf,
  isRecorded,
} from "../support/venue-recordings.js";

/** When the candle of a fixture opens, epoch ms. */
export const OPEN = 1_672_531_200_000;
const S = OPEN / 1_000;
const MINUTE = 60_000;

/** The candle of every fixture's answer, as far as the venue reports its fields. */
export const FULL: Kline = {
  openTime: OPEN,
  open: "30000.5",
  high: "30010",
  low: "29990",
  close: "30001",
  volume: "12.34567891",
  quoteVolume: null,
  trades: null,
  takerBuyVolume: null,
  takerBuyQuoteVolume: null,
};

/** What a venue is tested with. */
export interface VenueFixture {
  /** As the venue spells them. */
  symbols: readonly [string, string];
  /** As other venues do, or what is no spot market of this one. */
  nonsense: readonly string[];
  /** What its stream sends: recorded where this machine has recordings, else made. */
  frames: () => RecordedFrame[];
  /** Why some of the trades in them are refused; left out where none is. */
  refused?: string;
  candle: {
    /** An answer that holds `FULL`, as the venue's documents show it. */
    body: string;
    /** The fields of `FULL` that it reports besides prices and the volume. */
    reported: Partial<Kline>;
  };
  /** Its REST on loopback, where holes are repaired by it. */
  rest?: Dialect["rest"];
}

/** By the name of each venue of the registry. */
export const FIXTURES: Readonly<Record<string, VenueFixture>> = {
  binance: {
    symbols: ["BTCUSDT", "ETHUSDT"],
    nonsense: ["btcusdt", "BTC-USDT", "BTC/USDT"],
    frames: () => framesOf("BINANCE"),
    candle: binanceCandle(),
    rest: binanceRest,
  },
  "binance-usdm": {
    symbols: ["BTCUSDT", "ETHUSDT_260327"],
    nonsense: ["btcusdt", "BTC-USDT", "BTC/USDT"],
    frames: () => made("BTCUSDT", usdmTrade),
    candle: binanceCandle(),
    rest: binanceRest,
  },
  bitstamp: {
    symbols: ["btcusd", "ethusd"],
    nonsense: ["BTCUSD", "btc-usd", "btc/usd"],
    frames: () => framesOf("BITSTAMP"),
    candle: {
      body: `{"data":{"ohlc":[{"close":"30001","high":"30010","low":"29990","open":"30000.50","timestamp":"${S}","volume":"12.34567891"}],"pair":"BTC/USD"}}`,
      reported: {},
    },
  },
  bybit: {
    symbols: ["BTCUSDT", "ETHUSDT"],
    nonsense: ["btcusdt", "BTC/USDT"],
    frames: () => framesOver("BYBIT", /spot/),
    candle: bybitCandle("spot"),
  },
  "bybit-linear": {
    symbols: ["BTCUSDT", "BTC-26JUN26"],
    nonsense: ["btcusdt", "BTC/USDT"],
    frames: () => framesOver("BYBIT", isRecorded ? /linear/ : /spot/),
    candle: bybitCandle("linear"),
  },
  coinbase: {
    symbols: ["BTC-USD", "ETH-USD"],
    nonsense: ["BTCUSD", "btc-usd", "BTC/USD"],
    frames: () => [...framesOf("COINBASE"), ...made("BTC-USD", coinbaseDialect(["BTC-USD"]).trade)],
    candle: {
      body: `[[${S + 60},1,1,1,1,1],[${S},29990,30010,30000.50,30001,12.34567891]]`,
      reported: {},
    },
    rest: coinbaseDialect(["BTC-USD"]).rest,
  },
  kraken: {
    symbols: ["BTC/USD", "ETH/USD"],
    nonsense: ["BTCUSD", "BTC-USD", "BTC/usd"],
    // The recording is of API v1, which has no ids.
    refused: "bad_id",
    frames: () => [...framesOf("KRAKEN"), ...made("BTC/USD", krakenDialect(["BTC/USD"]).trade)],
    candle: {
      body: `{"error":[],"result":{"XXBTZUSD":[[${S},"30000.5","30010.0","29990.0","30001.0","30003.2","12.34567891",308],[${S + 60},"1","1","1","1","1","0",0]],"last":${S}}}`,
      reported: { trades: 308 },
    },
    rest: krakenDialect(["BTC/USD"]).rest,
  },
  okx: {
    symbols: ["BTC-USDT", "ETH-USDT"],
    nonsense: ["BTCUSDT", "btc-usdt", "BTC-USDT-SWAP"],
    // The recording has derivatives too.
    refused: "bad_market",
    frames: () => framesOf("OKX"),
    candle: {
      body: `{"code":"0","msg":"","data":[["${OPEN}","30000.5","30010","29990","30001","12.34567891","12.34567891","370371.1","1"]]}`,
      reported: { quoteVolume: "370371.1" },
    },
    rest: okxRest,
  },
};

function framesOver(name: Recording, address: RegExp): RecordedFrame[] {
  return framesOf(name).filter((frame) => address.test(frame.address));
}

/** One frame for each of forty trades of a minute. */
function made(symbol: string, frame: (print: Print) => string): RecordedFrame[] {
  return Array.from({ length: 40 }, (_, index) => {
    const time = OPEN + index * 900;
    const print: Print = {
      symbol,
      id: 7_000 + index,
      // Not as we write it: venues fill up with zeros.
      price: `${100 + (index % 9)}.${1 + (index % 7)}0`,
      amount: `0.${1 + (index % 5)}`,
      takerSide: index % 3 === 0 ? "buy" : "sell",
      time,
    };
    return { address: "", receivedAt: time + 20, text: frame(print) };
  });
}

function usdmTrade(print: Print): string {
  const { symbol: s, id: t, price: p, amount: q, time: T, takerSide } = print;
  const m = takerSide === "sell";
  const data = { e: "trade", E: T + 3, s, t, p, q, T, m, X: "MARKET" };
  return JSON.stringify({ stream: `${s.toLowerCase()}@trade`, data });
}

function binanceCandle(): VenueFixture["candle"] {
  return {
    body: `[[${OPEN},"30000.50000000","30010.00000000","29990.00000000","30001.00000000","12.34567891",${OPEN + MINUTE - 1},"370371.1",308,"7.5","225003.25","0"]]`,
    reported: {
      quoteVolume: "370371.1",
      trades: 308,
      takerBuyVolume: "7.5",
      takerBuyQuoteVolume: "225003.25",
    },
  };
}

/** Newest first. */
function bybitCandle(category: string): VenueFixture["candle"] {
  return {
    body: `{"retCode":0,"retMsg":"OK","result":{"symbol":"BTCUSDT","category":"${category}","list":[["${OPEN + MINUTE}","1","1","1","1","1","1"],["${OPEN}","30000.5","30010","29990","30001","12.34567891","370371.1"]]},"time":1}`,
    reported: { quoteVolume: "370371.1" },
  };
}
