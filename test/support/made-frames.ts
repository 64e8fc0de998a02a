import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import type { Recording, RecordedFrame } from "./venue-recordings.js";
import { random } from "./random.js";

interface Made {
  id: number;
  price: string;
  amount: string;
  isBuy: boolean;
  time: number;
}

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12, 0);
const ONE = toUnits("1");

/**
 * Forty trades of one minute and the venue's candle after every fourth, in the recorders' formats.
 */
export function madeFrames(name: Recording): RecordedFrame[] {
  const next = random(name.length);
  const made = Array.from({ length: 40 }, (_, index): Made => {
    const price = `${100 + Math.floor(next() * 9)}.${1 + Math.floor(next() * 9)}`;
    const amount = `0.${1 + Math.floor(next() * 9)}`;
    const isBuy = next() < 0.5;
    return {
      id: 7_000 + index,
      price,
      amount,
      isBuy,
      time: START + index * 900,
    };
  });
  const { address, trade, candle, quotes } = FORMATS[name];
  const texts = made.flatMap((one, index) => [
    ...(quotes === undefined ? [] : [{ time: one.time, text: quotes(one) }]),
    { time: one.time, text: trade(one) },
    ...(index % 4 === 3 && candle !== undefined
      ? [{ time: one.time, text: candle(made.slice(0, index + 1)) }]
      : []),
  ]);
  const before = candle?.([{ ...(made[0] as Made), time: START - MINUTE }]);
  if (before !== undefined) texts.unshift({ time: START - 1_000, text: before });
  return texts.map(({ time, text }) => ({
    address,
    receivedAt: time + 20,
    text,
  }));
}

interface Format {
  address: string;
  trade: (trade: Made) => string;
  /** The candle of the first trades of a minute, computed independently of the product. */
  candle?: (trades: readonly Made[]) => string;
  /** Best prices just before a trade, which takes one of them. */
  quotes?: (trade: Made) => string;
}

/** Bid and ask. */
function touch({ price, isBuy }: Made): [string, string] {
  const step = toUnits("0.1");
  return isBuy
    ? [fromUnits(toUnits(price) - step), price]
    : [price, fromUnits(toUnits(price) + step)];
}

function columns(trades: readonly Made[]): Record<string, string> {
  const prices = trades.map(({ price }) => toUnits(price));
  const sum = (of: readonly Made[], quote: boolean): string =>
    fromUnits(
      of.reduce((total, { price, amount }) => {
        const base = toUnits(amount);
        return total + (quote ? (base * toUnits(price)) / ONE : base);
      }, 0n),
    );
  const buys = trades.filter(({ isBuy }) => isBuy);
  return {
    open: trades[0]?.price ?? "",
    high: fromUnits(prices.reduce((a, b) => (a > b ? a : b))),
    low: fromUnits(prices.reduce((a, b) => (a < b ? a : b))),
    close: trades.at(-1)?.price ?? "",
    volume: sum(trades, false),
    quote: sum(trades, true),
    buyVolume: sum(buys, false),
    buyQuote: sum(buys, true),
  };
}

const minuteOf = (trades: readonly Made[]): number =>
  Math.floor((trades[0]?.time ?? 0) / MINUTE) * MINUTE;

const FORMATS: Record<Recording, Format> = {
  BINANCE: {
    address: "wss://stream.binance.com:9443/stream",
    trade: ({ id, price: p, amount: q, isBuy, time: T }) =>
      JSON.stringify({
        stream: "madeusdt@aggTrade",
        data: {
          e: "aggTrade",
          E: T,
          s: "MADEUSDT",
          a: id,
          p,
          q,
          f: id,
          l: id,
          T,
          m: !isBuy,
          M: true,
        },
      }),
    candle: (trades) => {
      const {
        open: o,
        high: h,
        low: l,
        close: c,
        volume: v,
        quote: q,
        buyVolume: V,
        buyQuote: Q,
      } = columns(trades);
      const k = {
        t: minuteOf(trades),
        s: "MADEUSDT",
        i: "1m",
        o,
        h,
        l,
        c,
        v,
        n: trades.length,
        q,
        V,
        Q,
      };
      return JSON.stringify({
        stream: "madeusdt@kline_1m",
        data: { e: "kline", k },
      });
    },
  },
  BITSTAMP: {
    address: "wss://ws.bitstamp.net/",
    trade: ({ id, price, amount, isBuy, time }) =>
      JSON.stringify({
        data: {
          id: id * 3,
          amount_str: amount,
          price_str: price,
          type: isBuy ? 0 : 1,
          microtimestamp: `${time}000`,
          buy_order_id: isBuy ? 2 : 1,
          sell_order_id: isBuy ? 1 : 2,
        },
        channel: "live_trades_madeusd",
        event: "trade",
      }),
  },
  BYBIT: {
    address: "wss://stream.bybit.com/v5/public/spot",
    quotes: (trade) => {
      const [bid1Price, ask1Price] = touch(trade);
      const data = { symbol: "MADEUSDT", bid1Price, ask1Price };
      return JSON.stringify({ topic: "tickers.MADEUSDT", data });
    },
    trade: ({ id, price: p, amount: v, isBuy, time: T }) =>
      JSON.stringify({
        topic: "publicTrade.MADEUSDT",
        data: [
          {
            i: String(id * 2),
            T,
            p,
            v,
            S: isBuy ? "Buy" : "Sell",
            seq: id,
            s: "MADEUSDT",
          },
        ],
      }),
    candle: (trades) => {
      const { open = "", high = "", low = "", close, volume, quote: turnover } = columns(trades);
      // Each minute opens at the close before, which is the first price here.
      const data = [{ start: minuteOf(trades), open, high, low, close, volume, turnover }];
      return JSON.stringify({ topic: "kline.1.MADEUSDT", data });
    },
  },
  COINBASE: {
    address: "wss://advanced-trade-ws.coinbase.com",
    quotes: (trade) => {
      const [best_bid, best_ask] = touch(trade);
      const tickers = [{ product_id: "MADE-USD", best_bid, best_ask }];
      return JSON.stringify({ channel: "ticker", events: [{ tickers }] });
    },
    trade: ({ id, price, amount: size, isBuy, time }) =>
      JSON.stringify({
        channel: "market_trades",
        events: [
          {
            type: "update",
            trades: [
              {
                product_id: "MADE-USD",
                trade_id: String(id),
                price,
                size,
                time: new Date(time).toISOString().replace("Z", "123Z"),
                side: isBuy ? "SELL" : "BUY",
              },
            ],
          },
        ],
      }),
    candle: (trades) => {
      const { open, high, low, close, volume } = columns(trades);
      const start = String(Math.floor(minuteOf(trades) / 300_000) * 300);
      const candles = [{ start, open, high, low, close, volume, product_id: "MADE-USD" }];
      return JSON.stringify({
        channel: "candles",
        events: [{ type: "update", candles }],
      });
    },
  },
  KRAKEN: {
    address: "wss://ws.kraken.com",
    trade: ({ price, amount, isBuy, time }) => {
      const trade = [price, amount, (time / 1_000).toFixed(6), isBuy ? "b" : "s", "l", ""];
      return JSON.stringify([993, [trade], "trade", "MADE/USD"]);
    },
  },
  OKX: {
    address: "wss://ws.okx.com:8443/ws/v5/public",
    trade: ({ id, price: px, amount: sz, isBuy, time }) =>
      JSON.stringify({
        arg: { channel: "trades", instId: "MADE-USDT" },
        data: [
          {
            instId: "MADE-USDT",
            tradeId: String(id),
            px,
            sz,
            side: isBuy ? "buy" : "sell",
            ts: String(time),
          },
        ],
      }),
  },
};
