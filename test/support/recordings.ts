import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Trade } from "../../src/domain/trade.js";
import { random } from "./random.js";
import { trade } from "./tape.js";

// Read here apart from the product's own decoders, so that a test does not compare a decoder with
// itself.

interface Frame {
  e: string;
  t: number;
  p: string;
  q: string;
  T: number;
  m: boolean;
  X?: string;
}

/** Folder of the recordings, if this machine has them. */
export function recordings(): string | undefined {
  const folder = process.env["TAPELINE_DATA"];
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/**
 * BTCUSDT of one day's end: recorded spot trades where there are recordings, else made ones of the
 * same shape.
 */
export function spotTrades(limit: number): Trade[] {
  const folder = recordings();
  if (folder === undefined) return madeTrades(limit, 7);
  const files = ["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"].map((name) =>
    join(folder, "binance-spot", name),
  );
  return files.flatMap((file) => framesOf(file, "binance:BTCUSDT")).slice(-limit);
}

/** BTCUSDT perpetual, if recorded. */
export function usdmTrades(): Trade[] | undefined {
  const folder = recordings();
  if (folder === undefined) return undefined;
  const file = join(folder, "binance-usdm", "usdm_btcusdt_20240808.gz");
  return framesOf(file, "binance-usdm:BTCUSDT");
}

/** LTCUSDT with 26 real holes, if recorded; in order of ids. */
export function gapTrades(): Trade[] | undefined {
  const folder = recordings();
  if (folder === undefined) return undefined;
  const home = join(folder, "ltcusdt-gaps");
  const trades = new Map<string, Trade>();
  for (const name of readdirSync(home).filter((file) => file.endsWith(".csv.gz"))) {
    for (const line of gunzipSync(readFileSync(join(home, name)))
      .toString()
      .trim()
      .split("\n")
      .slice(1)) {
      const [time, price, amount, side, id] = line.split(",") as [
        string,
        string,
        string,
        "buy" | "sell",
        string,
      ];
      trades.set(
        id,
        trade("binance:LTCUSDT", BigInt(id), Number(time), {
          price: plain(price),
          amount: plain(amount),
          takerSide: side,
        }),
      );
    }
  }
  return [...trades.values()].sort((a, b) => Number(BigInt(a.ord) - BigInt(b.ord)));
}

function framesOf(file: string, market: string): Trade[] {
  const lines = gunzipSync(readFileSync(file)).toString().split("\n");
  return lines.flatMap((line) => {
    if (!line.includes("@trade")) return [];
    const frame = (JSON.parse(line.slice(line.indexOf(" ") + 1)) as { data: Frame }).data;
    const fields = {
      price: plain(frame.p),
      amount: plain(frame.q),
      takerSide: frame.m ? ("sell" as const) : ("buy" as const),
      offBook: frame.X !== undefined && frame.X !== "MARKET",
    };
    return frame.e === "trade" ? [trade(market, frame.t, frame.T, fields)] : [];
  });
}

function plain(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/0+$/, "").replace(/\.$/, "") : decimal;
}

/**
 * Bursts of one millisecond, quiet minutes and a midnight, over two markets; ids count up within
 * each.
 */
export function madeTrades(count: number, seed: number): Trade[] {
  const next = random(seed);
  const start = Date.UTC(2024, 7, 8, 23, 54);
  const markets = [
    { id: 1_000, time: start },
    { id: 5_000_000, time: start },
  ];
  return Array.from({ length: count }, () => {
    const which = next() < 0.7 ? 0 : 1;
    const market = markets[which] as { id: number; time: number };
    const step = next();
    market.time += step < 0.3 ? 0 : step < 0.98 ? Math.floor(step * 120) : 90_000;
    return trade(`binance:MADE${which}`, market.id++, market.time, {
      price: plain(`${60_000 + Math.floor(next() * 500)}.${Math.floor(next() * 100)}`),
      amount: plain(`${Math.floor(next() * 3)}.${1 + Math.floor(next() * 99_998)}`),
      takerSide: next() < 0.5 ? "buy" : "sell",
    });
  });
}
