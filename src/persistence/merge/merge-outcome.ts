import type { Coverage } from "../../domain/coverage.js";
import type { Interval } from "../../domain/interval.js";
import { type IdRange, idRangesOf, timeRangesOf } from "../../domain/ranges.js";
import type { RevisionReason } from "../../domain/revision.js";
import type { CandleRow } from "./candle-columns.js";
import { countsByReason } from "../schema/revision-sources.js";

/** The one row that a merge returns; each column is JSON. */
export interface OutcomeRow {
  markets: string;
  candles: string;
  revised: string;
  leftOut: string;
}

/** Candles of one interval that lack a trade from now on, since the interval is not stored. */
export interface LeftOut {
  /** The id of the market's row. */
  market: number;
  interval: Interval;
  /** Epoch ms, a multirange as text. */
  times: string;
}

/** One market in the statement's JSON; ranges are multiranges as text. */
interface MarketJson {
  market: number;
  stored: number;
  late: number;
  conflict: boolean;
  changed: string | null;
  known: string | null;
  oldest: string | null;
  newest: string | null;
  blind: string | null;
}

/** What a merge did to one market. */
export interface MarketOutcome {
  /** The id of its row. */
  market: number;
  /** Stored rows of `trade`, and those of them whose base bucket had ended. */
  stored: number;
  late: number;
  /** An id is stored already under another time or inside another trade. */
  conflict: boolean;
  /** Ids that became missing or no longer are. */
  changed: IdRange[];
  /** Around the changed candles. */
  coverage: Coverage;
}

/** What a merge did. */
export interface Outcome {
  markets: MarketOutcome[];
  candles: CandleRow[];
  /** Closed candles that were changed, by reason. */
  revised: Map<RevisionReason, number>;
  leftOut: LeftOut[];
}

export function outcomeOf(row: OutcomeRow): Outcome {
  return {
    markets: (JSON.parse(row.markets) as MarketJson[]).map(marketOutcome),
    candles: JSON.parse(row.candles) as CandleRow[],
    revised: countsByReason(JSON.parse(row.revised) as { sources: number; revisions: number }[]),
    leftOut: JSON.parse(row.leftOut) as LeftOut[],
  };
}

function marketOutcome(json: MarketJson): MarketOutcome {
  const { market, stored, late, conflict } = json;
  return {
    market,
    stored,
    late,
    conflict,
    changed: idRangesOf(json.changed ?? "{}"),
    coverage: {
      ranges: idRangesOf(json.known ?? "{}"),
      oldest: BigInt(json.oldest ?? 0),
      newest: BigInt(json.newest ?? 0),
      unwatched: timeRangesOf(json.blind ?? "{}"),
    },
  };
}
