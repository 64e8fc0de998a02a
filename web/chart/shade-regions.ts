import type { Candle } from "../../src/domain/candle.js";
import { type Interval, openTimeOf } from "../../src/domain/interval.js";
import type { Gap } from "../../src/persistence/stores/gap-store.js";
import { grouped } from "../frame/decimal-text.js";
import { timeText } from "../frame/time-text.js";

/** A stretch of the chart that is not to be trusted. Open times (epoch ms) of its first and last bucket. */
export interface Region {
  from: number;
  to: number;
  gaps: readonly Gap[];
  /** Candles that say themselves that they may lack a trade. */
  blind: number;
  /** Its market's ids would show which: a trade is missing for sure. */
  counted: boolean;
}

/** Gaps and incomplete candles, where they touch as one region; ascending. */
export function shadeRegions(
  rows: readonly Candle[],
  gaps: readonly Gap[],
  interval: Interval,
): Region[] {
  const parts = [
    ...gaps.flatMap((gap) => ofGap(gap, interval)),
    ...ofBlind(rows),
  ];
  parts.sort((a, b) => a.from - b.from);
  const regions: Region[] = [];
  for (const part of parts) {
    const last = regions.at(-1);
    if (last === undefined || part.from > last.to) regions.push(part);
    else
      regions[regions.length - 1] = {
        from: last.from,
        to: Math.max(last.to, part.to),
        gaps: [...last.gaps, ...part.gaps],
        blind: last.blind + part.blind,
        counted: last.counted || part.counted,
      };
  }
  return regions;
}

function ofGap(gap: Gap, interval: Interval): Region[] {
  const after = gap.afterTime ?? gap.beforeTime;
  const before = gap.beforeTime ?? gap.afterTime;
  // Both sides have been dropped: nothing says when it was.
  if (after === null || before === null) return [];
  return [
    {
      from: openTimeOf(interval, Math.min(after, before)),
      to: openTimeOf(interval, Math.max(after, before)),
      gaps: [gap],
      blind: 0,
      counted: true,
    },
  ];
}

function ofBlind(rows: readonly Candle[]): Region[] {
  const regions: Region[] = [];
  let end: number | undefined;
  for (const { openTime, closeTime, complete, firstTradeId } of rows) {
    if (complete !== false) continue;
    const run = end === openTime - 1 ? regions.at(-1) : undefined;
    if (run === undefined)
      regions.push({
        from: openTime,
        to: openTime,
        gaps: [],
        blind: 1,
        counted: firstTradeId !== null,
      });
    else {
      run.to = openTime;
      run.blind++;
    }
    end = closeTime;
  }
  return regions;
}

/** The region that holds this bucket. */
export function regionAt(
  regions: readonly Region[],
  openTime: number,
): Region | undefined {
  return regions.find(({ from, to }) => from <= openTime && openTime <= to);
}

const SHOWN_GAPS = 3;

/** What is wrong here, in whole sentences. */
export function regionLines(
  { gaps, blind, counted }: Region,
  zone: string,
): string[] {
  const lines = gaps.slice(0, SHOWN_GAPS).map((gap) => gapLine(gap, zone));
  const more = gaps.length - SHOWN_GAPS;
  if (more > 0) lines.push(`… and ${more} more gaps.`);
  if (blind > 0) lines.push(counted ? missingLine(blind) : blindLine(blind));
  return lines;
}

function missingLine(candles: number): string {
  return candles === 1
    ? "This candle is incomplete: a trade is missing at or in it. It says what the trades held say."
    : `${candles} candles are incomplete: a trade is missing at or in each. They say what the trades held say.`;
}

/** Where ids do not count trades, only the time in which nobody followed is known. */
function blindLine(candles: number): string {
  return candles === 1
    ? "Nobody followed this market for a part of this candle: trades may be missing. It says what the trades held say."
    : `Nobody followed this market for a part of each of ${candles} candles: trades may be missing. They say what the trades held say.`;
}

/** Of all of them, on a button. */
export function regionsTitle(regions: readonly Region[]): string {
  const stretches =
    regions.length === 1 ? "1 stretch" : `${regions.length} stretches`;
  return regions.some(({ counted }) => counted)
    ? `⚠ ${stretches} with missing trades`
    : `⚠ ${stretches} that may lack trades`;
}

function gapLine(
  { fromId, toId, ids, afterTime, beforeTime }: Gap,
  zone: string,
) {
  const count = ids === "1" ? "1 trade is" : `${grouped(ids)} trades are`;
  const range = fromId === toId ? `id ${fromId}` : `ids ${fromId} to ${toId}`;
  const at = (time: number | null) =>
    time === null ? "an unknown time" : timeText(time, zone, "second");
  return `${count} missing (${range}), between ${at(afterTime)} and ${at(beforeTime)}.`;
}
