import type { Trade } from "../../src/domain/trade.js";

/** Trades of the exchange on loopback: market and id decide everything but the time. */
export const EXCHANGE_MARKETS = Array.from({ length: 20 }, (_, index) => `BENCH${index}USDT`);

export function eventTime(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

function priceOf(market: number, id: number): string {
  return `${1_000 * (market + 1) + ((id * 7) % 400)}.${1 + (id % 9)}`;
}

function amountOf(id: number): string {
  return `0.${11 + ((id * 13) % 8_900)}1`;
}

function isSell(id: number): boolean {
  return (id * 31) % 5 < 2;
}

/** A combined-stream frame; aggregate and raw ids are the same. */
export function frameOf(market: number, id: number, time: number): string {
  const symbol = EXCHANGE_MARKETS[market] as string;
  return `{"stream":"${symbol.toLowerCase()}@aggTrade","data":{"e":"aggTrade","E":${time},"s":"${symbol}","a":${id},"p":"${priceOf(market, id)}","q":"${amountOf(id)}","f":${id},"l":${id},"T":${time},"m":${isSell(id)},"M":true}}`;
}

/** The trade of that frame. */
export function tradeOf(market: number, id: number, time: number): Trade {
  return {
    market: `binance:${EXCHANGE_MARKETS[market]}`,
    id: String(id),
    ord: String(id),
    ids: "dense",
    kind: "aggregated",
    count: 1,
    price: priceOf(market, id),
    amount: amountOf(id),
    takerSide: isSell(id) ? "sell" : "buy",
    time,
    receivedAt: time,
    source: "live",
    offBook: false,
  };
}

/** RFC 6455, section 5.2: one unmasked text frame of ASCII. */
export function textFrame(text: string): Buffer {
  const { length } = text;
  if (length > 65_535) throw new Error("longer than any trade");
  const head = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (head === 2) frame[1] = length;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, head, "latin1");
  return frame;
}

/**
 * Lines of a recording of other markets, `<receive time> <frame>`, 5,000 trades a second of market
 * time on an earlier day.
 */
export function* recordingLines(count: number): Generator<string> {
  const start = Date.UTC(2025, 5, 1);
  for (let index = 0; index < count; index++) {
    const time = start + Math.floor(index / 5);
    const market = index % EXCHANGE_MARKETS.length;
    const id = Math.floor(index / EXCHANGE_MARKETS.length) + 1;
    const symbol = `OLD${market}USDT`;
    yield `${time} {"stream":"${symbol.toLowerCase()}@aggTrade","data":{"e":"aggTrade","E":${time},"s":"${symbol}","a":${id},"p":"${priceOf(market, id)}","q":"${amountOf(id)}","f":${id},"l":${id},"T":${time},"m":${isSell(id)},"M":true}}\n`;
  }
}
