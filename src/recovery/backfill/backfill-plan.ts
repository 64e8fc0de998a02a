import { DAY_MS } from "../../domain/units.js";

/**
 * A day's file is published on the next day; until this long after the day it counts as late, not
 * as missing.
 */
const PUBLISHED_AFTER_MS = 2 * DAY_MS;

/** What to load next: the file of a month or of a day, or trades over REST. Times are epoch ms. */
export type Step = {
  /** Exclusive. */
  to: number;
} & ({ by: "month" | "day"; period: string } | { by: "rest" });

export interface Situation {
  /** Everything before is loaded. */
  reached: number;
  /** Exclusive. */
  to: number;
  /** Wall clock. */
  now: number;
  /** Start of retention: earlier trades are not kept, and earlier days are loaded one by one. */
  horizon: number;
  hasFiles: boolean;
  /** Periods whose file is missing or unusable. */
  withoutFile: ReadonlySet<string>;
}

/**
 * Whole months by the month's file, other days by the day's, the rest over REST, at most a day per
 * step.
 */
export function nextStep(situation: Situation): Step {
  const { reached, to, now, horizon, hasFiles, withoutFile } = situation;
  const [day, month] = [dayOf(reached), monthOf(reached)];
  const nextMonth = monthOf(month + 32 * DAY_MS);
  const isWholeMonth = reached === month && nextMonth <= Math.min(to, now) && month >= horizon;
  if (hasFiles && isWholeMonth && !withoutFile.has(monthText(month)))
    return { by: "month", period: monthText(month), to: nextMonth };
  const end = Math.min(day + DAY_MS, to);
  if (hasFiles && day + DAY_MS <= now && !withoutFile.has(dayText(day)))
    return { by: "day", period: dayText(day), to: end };
  return { by: "rest", to: end };
}

/** First and last ms (exclusive) of a period. */
export function spanOf(period: string): { from: number; to: number } {
  const from = Date.parse(`${period}T00:00Z`);
  return {
    from,
    to: period.length === 7 ? monthOf(from + 32 * DAY_MS) : from + DAY_MS,
  };
}

export function isPublished(period: string, now: number): boolean {
  return spanOf(period).to + PUBLISHED_AFTER_MS <= now;
}

/**
 * The requested span, widened to whole days before the horizon: such a day is loaded whole or not
 * at all.
 */
export function widened(
  { from, to }: { from: number; to: number },
  horizon: number,
): { from: number; to: number } {
  return {
    from: from < horizon ? dayOf(from) : from,
    to: to < horizon ? dayOf(to + DAY_MS - 1) : to,
  };
}

export function dayOf(time: number): number {
  return time - (time % DAY_MS);
}

function monthOf(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function monthText(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}
