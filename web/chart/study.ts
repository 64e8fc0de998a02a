import { bollinger } from "../indicators/bollinger.js";
import { ema } from "../indicators/ema.js";
import { macd } from "../indicators/macd.js";
import { rsi } from "../indicators/rsi.js";
import { sessionVwap } from "../indicators/session-vwap.js";
import { sma } from "../indicators/sma.js";
import type { Columns } from "./columns.js";
import type { StudyKind, StudySpec } from "./study-spec.js";

export interface StudyLine {
  /** Empty when the study is one line. */
  name: string;
  look: "line" | "edge" | "second" | "histogram";
  /** One value per candle, NaN where undefined. */
  values: readonly number[];
}

export interface Study {
  spec: StudySpec;
  lines: readonly StudyLine[];
  /**
   * Brings the lines up to date from index `from` on.
   * @param complete there is no candle before the first
   */
  update: (columns: Columns, from: number, complete: boolean) => void;
}

type Made = Omit<Study, "spec">;

function one(update: (out: number[], columns: Columns, from: number) => void): Made {
  const values: number[] = [];
  return {
    lines: [{ name: "", look: "line", values }],
    update: (columns, from) => update(values, columns, from),
  };
}

const MAKERS: Record<StudyKind, (...numbers: number[]) => Made> = {
  sma: (period = 20) => one((out, { close }, from) => sma(close, period, out, from)),
  ema: (period = 50) => one((out, { close }, from) => ema(close, period, out, from)),
  vsma: (period = 20) => one((out, { volume }, from) => sma(volume, period, out, from)),
  vwap: () => {
    const out = sessionVwap({ openTime: [], volume: [], quoteVolume: [] });
    return {
      lines: [{ name: "", look: "line", values: out.vwap }],
      update: (columns, from, complete) => void sessionVwap(columns, complete, out, from),
    };
  },
  bb: (period = 20, width = 2) => {
    const out = bollinger([], period, width);
    return {
      lines: [
        { name: "middle", look: "line", values: out.middle },
        { name: "upper", look: "edge", values: out.upper },
        { name: "lower", look: "edge", values: out.lower },
      ],
      update: ({ close }, from) => void bollinger(close, period, width, out, from),
    };
  },
  rsi: (period = 14) => {
    const out = rsi([], period);
    return {
      lines: [{ name: "", look: "line", values: out.rsi }],
      update: ({ close }, from) => void rsi(close, period, out, from),
    };
  },
  macd: (fast = 12, slow = 26, signal = 9) => {
    const out = macd([], { fast, slow, signal });
    return {
      lines: [
        { name: "histogram", look: "histogram", values: out.histogram },
        { name: "MACD", look: "line", values: out.macd },
        { name: "signal", look: "second", values: out.signal },
      ],
      update: ({ close }, from) => void macd(close, { fast, slow, signal }, out, from),
    };
  },
};

export function studyOf(spec: StudySpec): Study {
  return { spec, ...MAKERS[spec.kind](...spec.numbers) };
}
