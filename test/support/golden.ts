import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Candle } from "../../src/domain/candle.js";
import type { Interval } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import type { Process } from "./app.js";
import { fold } from "./fold.js";
import { type Nine, klinesOfCsv, klinesOfJson, nineOf } from "./klines.js";
import { runFolder } from "./postgres.js";
import { madeTrades, recordings } from "./recordings.js";

/**
 * A recording, how it is replayed, and the candles the exchange itself published for its full bars.
 */
export interface Golden {
  name: string;
  market: string;
  interval: Interval;
  /** Arguments of `tapeline replay`. */
  replay: string[];
  bars: Nine[];
}

const MINUTE = 60_000;

/** The real recordings where this machine has them, else made ones in the same formats. */
export function goldens(): Golden[] {
  const folder = recordings();
  return folder === undefined ? made() : recorded(folder);
}

function recorded(folder: string): Golden[] {
  const at = (...path: string[]): string => join(folder, ...path);
  const rest = klinesOfJson(at("binance-rest", "candlestick1m.json"));
  const files = readdirSync(at("ltcusdt-gaps")).filter((name) => name.endsWith(".csv.gz"));
  return [
    {
      name: "binance-usdm",
      market: "binance-usdm:BTCUSDT",
      interval: "1m",
      replay: ["--venue", "binance-usdm", at("binance-usdm", "usdm_btcusdt_20240808.gz")],
      bars: between(
        klinesOfCsv(at("binance-usdm", "usdm_BTCUSDT_1m_20240808T2354_20240809T0006.csv")),
        1_723_161_300_000,
        5 * MINUTE,
      ),
    },
    {
      name: "binance-spot",
      market: "binance:BTCUSDT",
      interval: "5m",
      replay: [
        "--venue",
        "binance",
        at("binance-spot", "spot_btcusdt_20240808.gz"),
        at("binance-spot", "spot_btcusdt_20240809.gz"),
      ],
      bars: between(
        klinesOfCsv(at("binance-spot", "spot_BTCUSDT_5m_20240808T2350_20240809T0010.csv")),
        1_723_161_300_000,
        10 * MINUTE,
      ),
    },
    {
      name: "binance-rest",
      market: "binance:BTCUSDT",
      interval: "1m",
      replay: [
        "--venue",
        "binance",
        "--symbol",
        "BTCUSDT",
        at("binance-rest", "trades_root.json"),
        at("binance-rest", "trades.json"),
      ],
      bars: [
        ...between(rest, 1_601_215_500_000, 2 * MINUTE),
        ...between(rest, 1_601_215_920_000, 3 * MINUTE),
      ],
    },
    {
      name: "ltcusdt-gaps",
      market: "binance:LTCUSDT",
      interval: "1h",
      replay: [
        "--venue",
        "binance",
        "--symbol",
        "LTCUSDT",
        ...files.map((name) => at("ltcusdt-gaps", name)),
      ],
      // The exchange's klines of these days were not recorded; its holes are checked elsewhere.
      bars: [],
    },
  ];
}

function between(bars: readonly Nine[], from: number, length: number): Nine[] {
  return bars.filter(
    ({ openTime }) => Number(openTime) >= from && Number(openTime) < from + length,
  );
}

/**
 * Made trades in the recorders' formats, with a fold written in the tests in place of the
 * exchange's klines.
 */
function made(): Golden[] {
  const folder = join(runFolder("made-"), "made");
  mkdirSync(folder);
  const all = madeTrades(4_000, 5);
  const of = (index: number): Trade[] => all.filter(({ market }) => market.endsWith(String(index)));
  const frames = of(0).map(({ id, price, amount, time, takerSide }) => {
    const data = {
      e: "trade",
      E: time + 3,
      s: "MADE0",
      t: Number(id),
      p: `${price}${price.includes(".") ? "0" : ".0"}`,
      q: amount,
      T: time,
      m: takerSide === "sell",
      M: true,
    };
    return `${time}123456 ${JSON.stringify({ stream: "made0@trade", data })}`;
  });
  const lines = of(1).map(({ id, price, amount, time, takerSide }) =>
    [time, price, amount, takerSide, id].join(","),
  );
  writeFileSync(join(folder, "MADE0.log"), `${frames.join("\n")}\n`);
  writeFileSync(
    join(folder, "MADE1.csv"),
    `timestamp,price,quantity,side,tradeId\n${lines.join("\n")}\n`,
  );
  return [
    {
      name: "made frames",
      market: "binance:MADE0",
      interval: "1m",
      replay: ["--venue", "binance", join(folder, "MADE0.log")],
      bars: foldedBars(of(0)),
    },
    {
      name: "made CSV",
      market: "binance:MADE1",
      interval: "1m",
      replay: ["--venue", "binance", "--symbol", "MADE1", join(folder, "MADE1.csv")],
      bars: foldedBars(of(1)),
    },
  ];
}

function foldedBars(trades: readonly Trade[]): Nine[] {
  return fold(trades, "1m").map((bar) => nineOf(bar as Candle));
}

/** The golden's full bars as the API returns them. */
export async function barsOf(app: Process, { market, interval, bars }: Golden): Promise<Nine[]> {
  const wanted = new Set(bars.map(({ openTime }) => openTime));
  const start = Math.min(...bars.map(({ openTime }) => Number(openTime)));
  const path = `/api/v1/markets/${encodeURIComponent(market)}/candles?interval=${interval}&start=${start}&limit=1000`;
  return (await app.get<Candle[]>(path)).map(nineOf).filter(({ openTime }) => wanted.has(openTime));
}
