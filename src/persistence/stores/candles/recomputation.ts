import type { Candle } from "../../../domain/candle.js";
import type { TimeRange } from "../../../domain/ranges.js";
import { TRADED_FIELDS, type TradedField } from "../../../domain/revision.js";
import type { TradeSource } from "../../../domain/trade.js";
import { sqlFile } from "../../schema/sql-file.js";
import type { Reader } from "./candle-store.js";

const EXPLAIN = sqlFile(import.meta.url, "explain-candle.sql");
/** Candles with more rows are not recomputed for one request; `verify` recomputes all. */
const MAX_ROWS = 1_000_000;

/** The stored trades in a candle's time. */
export interface StoredTrades {
  rows: number;
  /** Raw trades that the rows stand for. */
  trades: number;
  /** Rows that stand for more than one. */
  aggregatedRows: number;
  /** Rows and trades that venues' candles leave out. */
  offBookRows: number;
  offBookTrades: number;
  /** By source. */
  sources: { source: TradeSource; rows: number; trades: number }[];
}

interface FieldDifference {
  field: TradedField;
  stored: string | null;
  recomputed: string | null;
}

/** Result of recomputing a candle from its trades. */
export interface Recomputation {
  outcome: "equal" | "differs" | "trades_dropped" | "too_many_trades";
  differences: FieldDifference[];
}

type Row = StoredTrades & { candleTrades: string | null } & Record<
    Exclude<TradedField, "trades">,
    string | null
  >;

/**
 * Recomputes a candle from its stored trades, at most `MAX_ROWS`; `market` is the id of its row.
 */
export async function recompute(
  candle: Candle,
  market: number,
  times: TimeRange,
  dropped: boolean,
  reader: Reader,
): Promise<{ stored: StoredTrades | null; recomputation: Recomputation }> {
  const none = (outcome: "trades_dropped" | "too_many_trades") => ({
    stored: null,
    recomputation: { outcome, differences: [] },
  });
  if (times.from >= times.to) return none("trades_dropped");
  const rows: Row[] = await reader.query(EXPLAIN, [market, times.from, times.to, MAX_ROWS + 1]);
  const row = rows[0] as Row;
  if (row.rows > MAX_ROWS) return none("too_many_trades");
  const { rows: count, trades, aggregatedRows, offBookRows, offBookTrades, sources } = row;
  const stored = {
    rows: count,
    trades,
    aggregatedRows,
    offBookRows,
    offBookTrades,
    sources,
  };
  if (dropped) return { ...none("trades_dropped"), stored };
  const differences = differencesOf(candle, row);
  const outcome = differences.length === 0 ? "equal" : "differs";
  return { stored, recomputation: { outcome, differences } };
}

function differencesOf(candle: Candle, row: Row): FieldDifference[] {
  return TRADED_FIELDS.flatMap((field) => {
    const value = candle[field];
    // Where ids are not dense a candle has none to compare.
    if (value === null) return [];
    const stored = String(value);
    const recomputed = field === "trades" ? row.candleTrades : row[field];
    return stored === recomputed ? [] : [{ field, stored, recomputed }];
  });
}
