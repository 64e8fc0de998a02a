import type { Candle } from "../../src/domain/candle.js";
import { type Interval, openTimeOf } from "../../src/domain/interval.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { grouped } from "../frame/decimal-text.js";
import { timeText } from "../frame/time-text.js";

/**
 * A stretch of the chart with possibly missing trades. Open times (epoch ms) of its first and last
 * bucket.
 */
export interface Region {
  from: number;
  to: number;
  gaps: readonly Gap[];
  /** Number of candles with `complete: false`. */
  incomplete: number;
  /** Whether the market's ids are dense: then a trade is certainly missing. */
  counted: boolean;
}

/** Gaps and incomplete candles, merged where they touch; ascending. */
export function shadeRegions(
  rows: readonly Candle[],
  gaps: readonly Gap[],
  interval: Interval,
): Region[] {
  const parts = [...gaps.flatMap((gap) => ofGap(gap, interval)), ...ofIncomplete(rows)];
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
        incomplete: last.incomplete + part.incomplete,
        counted: last.counted || part.counted,
      };
  }
  return regions;
}

function ofGap(gap: Gap, interval: Interval): Region[] {
  const after = gap.afterTime ?? gap.beforeTime;
  const before = gap.beforeTime ?? gap.afterTime;
  // Both neighbouring trades were dropped, so the gap's time is unknown.
  if (after === null || before === null) return [];
  return [
    {
      from: openTimeOf(interval, Math.min(after, before)),
      to: openTimeOf(interval, Math.max(after, before)),
      gaps: [gap],
      incomplete: 0,
      counted: true,
    },
  ];
}

function ofIncomplete(rows: readonly Candle[]): Region[] {
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
        incomplete: 1,
        counted: firstTradeId !== null,
      });
    else {
      run.to = openTime;
      run.incomplete++;
    }
    end = closeTime;
  }
  return regions;
}

/** The region that contains this bucket. */
export function regionAt(regions: readonly Region[], openTime: number): Region | undefined {
  return regions.find(({ from, to }) => from <= openTime && openTime <= to);
}

const MAX_SHOWN_GAPS = 3;

/** The region's gaps and incomplete candles, in whole sentences. */
export function regionLines({ gaps, incomplete, counted }: Region, zone: string): string[] {
  const lines = gaps.slice(0, MAX_SHOWN_GAPS).map((gap) => gapLine(gap, zone));
  const more = gaps.length - MAX_SHOWN_GAPS;
  if (more > 0) lines.push(`… and ${more} more gaps.`);
  if (incomplete > 0) lines.push(counted ? missingLine(incomplete) : incompleteLine(incomplete));
  return lines;
}

function missingLine(candles: number): string {
  return candles === 1
    ? "This candle is incomplete: a trade is missing at or in it. Its figures are those of the recorded trades."
    : `${candles} candles are incomplete: a trade is missing at or in each. Their figures are those of the recorded trades.`;
}

/** Where ids are not dense, only the time in which no process followed the market is known. */
function incompleteLine(candles: number): string {
  return candles === 1
    ? "No process followed this market for a part of this candle: trades may be missing. Its figures are those of the recorded trades."
    : `No process followed this market for a part of each of ${candles} candles: trades may be missing. Their figures are those of the recorded trades.`;
}

/** Button text for all regions. */
export function regionsTitle(regions: readonly Region[]): string {
  const stretches = regions.length === 1 ? "1 stretch" : `${regions.length} stretches`;
  return regions.some(({ counted }) => counted)
    ? `⚠ ${stretches} with missing trades`
    : `⚠ ${stretches} that may lack trades`;
}

function gapLine({ fromId, toId, ids, afterTime, beforeTime }: Gap, zone: string) {
  const count = ids === "1" ? "1 trade is" : `${grouped(ids)} trades are`;
  const range = fromId === toId ? `id ${fromId}` : `ids ${fromId} to ${toId}`;
  const at = (time: number | null) =>
    time === null ? "an unknown time" : timeText(time, zone, "second");
  return `${count} missing (${range}), between ${at(afterTime)} and ${at(beforeTime)}.`;
}
