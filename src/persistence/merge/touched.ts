import type { Candle } from "../../domain/candle.js";
import { type Coverage, completeness, sightOf } from "../../domain/coverage.js";
import type { Interval } from "../../domain/interval.js";
import { idRangesOf, timeRangesOf } from "../../domain/ranges.js";
import type { KnownMarket } from "./write-batch.js";

/** Columns as `write-trades.sql` and `touch-edges.sql` give them; the decimals are text. */
export type CandleRow = [
  market: number,
  interval: Interval,
  openTime: number | string,
  closeTime: number | string,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  quoteVolume: string,
  takerBuyVolume: string,
  takerBuyQuoteVolume: string,
  trades: number | string,
  idFrom: string,
  idTo: string,
  closed: boolean,
  version: number,
  revision: number,
];

export type MarketOutcome = [
  market: number,
  stored: number,
  late: number,
  conflict: boolean,
  changedHoles: string | null,
  ranges: string | null,
  oldest: string | null,
  newest: string | null,
  blind: string | null,
];

export interface Touched {
  rows: CandleRow[];
  coverage: Map<number, Coverage>;
}

export function coverageOf(
  outcomes: readonly MarketOutcome[],
): Map<number, Coverage> {
  return new Map(
    outcomes.map(([market, , , , , ranges, oldest, newest, blind]) => [
      market,
      {
        ranges: idRangesOf(ranges ?? "{}"),
        oldest: BigInt(oldest ?? 0),
        newest: BigInt(newest ?? 0),
        blind: timeRangesOf(blind ?? "{}"),
      },
    ]),
  );
}

export function candleOf(
  row: CandleRow,
  market: Pick<KnownMarket, "name" | "ids">,
  coverage: Coverage | undefined,
): Candle {
  const dense = market.ids === "dense";
  const [openTime, closeTime] = [Number(row[2]), Number(row[3])];
  return {
    market: market.name,
    interval: row[1],
    openTime,
    closeTime,
    open: row[4],
    high: row[5],
    low: row[6],
    close: row[7],
    volume: row[8],
    quoteVolume: row[9],
    takerBuyVolume: row[10],
    takerBuyQuoteVolume: row[11],
    trades: Number(row[12]),
    firstTradeId: dense ? row[13] : null,
    lastTradeId: dense ? (BigInt(row[14]) - 1n).toString() : null,
    closed: row[15],
    version: row[16],
    revision: row[17],
    complete:
      coverage === undefined
        ? null
        : dense
          ? completeness(BigInt(row[13]), BigInt(row[14]), coverage)
          : sightOf(openTime, closeTime, coverage.blind),
  };
}
