export type StudyKind = "sma" | "ema" | "vwap" | "bb" | "rsi" | "macd" | "vsma";

/** What is drawn, with its periods; `bb` has a width as its second number. */
export interface StudySpec {
  kind: StudyKind;
  numbers: readonly number[];
}

export interface Parameter {
  name: string;
  value: number;
  min: number;
  max: number;
  step: number;
}

export interface StudyForm {
  name: string;
  title: string;
  pane: "price" | "volume" | "own";
  parameters: readonly Parameter[];
}

function period(value: number, name = "period"): Parameter {
  return { name, value, min: 1, max: 500, step: 1 };
}

/** In the order of menus and panes. */
export const STUDY_FORMS: Readonly<Record<StudyKind, StudyForm>> = {
  sma: {
    name: "SMA",
    title: "Simple moving average",
    pane: "price",
    parameters: [period(20)],
  },
  ema: {
    name: "EMA",
    title: "Exponential moving average",
    pane: "price",
    parameters: [period(50)],
  },
  vwap: {
    name: "VWAP",
    title: "Volume-weighted average price since 00:00 UTC",
    pane: "price",
    parameters: [],
  },
  bb: {
    name: "BB",
    title: "Bollinger bands",
    pane: "price",
    parameters: [period(20), { name: "deviations", value: 2, min: 0.5, max: 10, step: 0.5 }],
  },
  vsma: {
    name: "Volume SMA",
    title: "Simple moving average of the volume",
    pane: "volume",
    parameters: [period(20)],
  },
  rsi: {
    name: "RSI",
    title: "Relative strength index",
    pane: "own",
    parameters: [{ ...period(14), min: 2 }],
  },
  macd: {
    name: "MACD",
    title: "Moving average convergence/divergence (exponential)",
    pane: "own",
    parameters: [period(12, "fast"), period(26, "slow"), period(9, "signal")],
  },
};

export const STUDY_KINDS = Object.keys(STUDY_FORMS) as StudyKind[];

/** More would only hide the price. */
export const MAX_STUDIES = 10;

/** "SMA 20", "MACD 12 26 9", "VWAP" */
export function studyName({ kind, numbers }: StudySpec): string {
  return [STUDY_FORMS[kind].name, ...numbers].join(" ");
}

/** "sma20", "bb20-2", "vwap": the same text for the same study, so that it is a key as well. */
export function studyText({ kind, numbers }: StudySpec): string {
  return kind + numbers.join("-");
}

/** Parses a link, which is untrusted: unknown, duplicate and excess studies are ignored. */
export function parseStudies(text: string): StudySpec[] {
  const studies = new Map<string, StudySpec>();
  for (const part of text.split(",")) {
    const study = parseStudy(part);
    if (study !== undefined && studies.size < MAX_STUDIES) studies.set(studyText(study), study);
  }
  return [...studies.values()];
}

function parseStudy(text: string): StudySpec | undefined {
  const [, kind = "", rest = ""] = /^([a-z]+)([\d.-]*)$/.exec(text) ?? [];
  if (!Object.hasOwn(STUDY_FORMS, kind)) return undefined;
  const { parameters } = STUDY_FORMS[kind as StudyKind];
  const given = rest === "" ? [] : rest.split("-").map(Number);
  if (given.length > parameters.length) return undefined;
  const numbers = parameters.map(({ value }, at) => given[at] ?? value);
  const valid = parameters.every((parameter, at) => fits(parameter, numbers[at] ?? NaN));
  return valid ? { kind: kind as StudyKind, numbers } : undefined;
}

export function fits({ min, max, step }: Parameter, value: number): boolean {
  return value >= min && value <= max && Number.isInteger(value / step);
}
