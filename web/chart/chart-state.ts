import { type Interval, isInterval, shapeOf } from "../../src/domain/interval.js";
import { DAY_MS } from "../../src/domain/units.js";
import { type StudySpec, parseStudies, studyText } from "./study-spec.js";

/** Epoch ms: open time of the first candle, and of the last. */
export interface TimeRange {
  from: number;
  to: number;
}

/** Everything that a link to a market's page must carry (time zone and market aside). */
export interface ChartState {
  interval: Interval;
  studies: StudySpec[];
  log: boolean;
  /** The range in view; undefined while it follows the newest candle. */
  range: TimeRange | undefined;
  /** How many candles are in view while it follows the newest one. */
  bars: number | undefined;
}

const DEFAULT_INTERVAL: Interval = "1m";
const DEFAULT_STUDIES = "sma20,vsma20";

type Param = (name: string) => string | null;

export function chartState(param: Param): ChartState {
  const interval = param("i");
  const [from, to, bars] = ["from", "to", "bars"].map((name) => integer(param(name)));
  return {
    interval: interval !== null && isInterval(interval) ? interval : DEFAULT_INTERVAL,
    studies: parseStudies(param("o") ?? DEFAULT_STUDIES),
    log: param("log") === "1",
    range: from !== undefined && to !== undefined && from < to ? { from, to } : undefined,
    bars: bars !== undefined && bars >= 5 && bars <= 5_000 ? bars : undefined,
  };
}

/** As the address has it; null where the default holds. */
export function chartParams(state: Partial<ChartState>): Record<string, string | null> {
  const params: Record<string, string | null> = {};
  const { interval, studies, log } = state;
  if (interval !== undefined) params["i"] = interval === DEFAULT_INTERVAL ? null : interval;
  if (studies !== undefined) {
    const text = studies.map(studyText).join(",");
    params["o"] = text === DEFAULT_STUDIES ? null : text;
  }
  if (log !== undefined) params["log"] = log ? "1" : null;
  if ("range" in state) {
    params["from"] = state.range === undefined ? null : `${state.range.from}`;
    params["to"] = state.range === undefined ? null : `${state.range.to}`;
  }
  if ("bars" in state) params["bars"] = state.bars === undefined ? null : `${state.bars}`;
  return params;
}

/** The range in another interval: the same end, and as many candles. */
export function rangeIn(interval: Interval, { from, to }: TimeRange, before: Interval): TimeRange {
  const bars = (to - from) / widthOf(before);
  return { from: Math.max(0, to - bars * widthOf(interval)), to };
}

/** In ms; a month's is approximate. */
export function widthOf(interval: Interval): number {
  const { width } = shapeOf(interval);
  return width === 0 ? 30 * DAY_MS : width;
}

function integer(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
