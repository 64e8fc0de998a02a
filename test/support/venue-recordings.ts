import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decompress } from "fzstd";
import type { TakerSide } from "../../src/domain/trade.js";
import { madeFrames } from "./made-frames.js";
import { recordings } from "./recordings.js";

// Frames are read here apart from the product's decoders, so that a test does not compare a decoder
// with itself.

export interface RecordedFrame {
  /** Address of the connection it came over. */
  address: string;
  receivedAt: number;
  text: string;
}

/** A trade in its frame's fields, in the venue's spelling. */
export interface FrameTrade {
  symbol: string;
  id: string | undefined;
  price: string;
  amount: string;
  takerSide: TakerSide;
  time: number;
}

interface Line {
  t: string;
  conn: string;
  ts: number;
  addr?: string;
  data?: string;
}

/** Names of the recordings. */
export type Recording = "BINANCE" | "BITSTAMP" | "BYBIT" | "COINBASE" | "KRAKEN" | "OKX";

export const isRecorded = recordings() !== undefined;

/** The recorded frames where this machine has them, else made ones in the same format. */
export function framesOf(name: Recording): RecordedFrame[] {
  const folder = recordings();
  if (folder === undefined) return madeFrames(name);
  const packed = readFileSync(join(folder, "venue-frames", `${name}.jsonl.zst`));
  const lines = new TextDecoder()
    .decode(decompress(packed))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const addresses = new Map<string, string>();
  return lines.flatMap(({ t, conn, ts, addr, data }) => {
    if (t === "connect") addresses.set(conn, addr ?? "");
    return t === "recv"
      ? [
          {
            address: addresses.get(conn) ?? "",
            receivedAt: Math.floor(ts * 1_000),
            text: data ?? "",
          },
        ]
      : [];
  });
}

type Json = Record<string, unknown>;
type Texts = Record<string, string>;

/** Trades of a frame; empty for any other. */
export const FRAME_TRADES: Record<Recording, (text: string) => FrameTrade[]> = {
  BINANCE: (text) => {
    const { stream, data } = JSON.parse(text) as { stream: string; data: Json };
    if (!stream.endsWith("@aggTrade")) return [];
    const { s, a, p, q, m, T } = data as Texts & { m: unknown };
    return [
      {
        symbol: s ?? "",
        id: String(a),
        price: p ?? "",
        amount: q ?? "",
        takerSide: m === true ? "sell" : "buy",
        time: Number(T),
      },
    ];
  },
  BITSTAMP: (text) => {
    const { event, channel, data } = JSON.parse(text) as Texts & { data: Json };
    if (event !== "trade") return [];
    // The newer order is the one that met the other.
    const isBuy = Number(data["buy_order_id"]) > Number(data["sell_order_id"]);
    return [
      {
        symbol: (channel ?? "").replace("live_trades_", ""),
        id: String(data["id"]),
        price: String(data["price_str"]),
        amount: String(data["amount_str"]),
        takerSide: isBuy ? "buy" : "sell",
        time: Math.floor(Number(data["microtimestamp"]) / 1_000),
      },
    ];
  },
  BYBIT: (text) => {
    const { topic, data } = JSON.parse(text) as {
      topic?: string;
      data: Texts[];
    };
    if (topic?.startsWith("publicTrade") !== true) return [];
    return data.map(({ s = "", i, p = "", v = "", S, T }) => ({
      symbol: s,
      id: i,
      price: p,
      amount: v,
      takerSide: S === "Buy" ? "buy" : "sell",
      time: Number(T),
    }));
  },
  COINBASE: (text) => {
    const { channel, events } = JSON.parse(text) as {
      channel: string;
      events: { trades: Texts[] }[];
    };
    if (channel !== "market_trades") return [];
    return events.flatMap(({ trades }) =>
      trades.map((trade) => ({
        symbol: trade["product_id"] ?? "",
        id: trade["trade_id"],
        price: trade["price"] ?? "",
        amount: trade["size"] ?? "",
        takerSide: trade["side"] === "SELL" ? "buy" : "sell",
        time: Date.parse(trade["time"]?.replace(/(\.\d{3})\d*Z$/, "$1Z") ?? ""),
      })),
    );
  },
  KRAKEN: (text) => {
    const message = JSON.parse(text) as [number, string[][], string, string];
    if (!Array.isArray(message) || message[2] !== "trade") return [];
    return message[1].map(([price = "", amount = "", time, side]) => ({
      symbol: message[3],
      id: undefined,
      price,
      amount,
      takerSide: side === "b" ? "buy" : "sell",
      time: Math.floor(Number(time) * 1_000),
    }));
  },
  OKX: (text) => {
    const { arg, data } = JSON.parse(text) as {
      arg?: { channel: string };
      data?: Texts[];
    };
    if (arg?.channel !== "trades" || data === undefined) return [];
    return data.map(({ instId = "", tradeId, px = "", sz = "", side, ts }) => ({
      symbol: instId,
      id: tradeId,
      price: px,
      amount: sz,
      takerSide: side === "buy" ? "buy" : "sell",
      time: Number(ts),
    }));
  },
};
