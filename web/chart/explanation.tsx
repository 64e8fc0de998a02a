import type { ReadonlySignal } from "@preact/signals";
import { zone } from "../frame/time-zone.js";
import type { Shown } from "./chart-session.js";
import { revisionLines } from "./revision-text.js";
import { regionLines } from "./shade-regions.js";

const AWAY_PX = 16;
const WIDTH_PX = 300;

/** Tooltip beside the pointer: why this region is shaded, and what a revision has changed. */
export function Explanation({ shown }: { shown: ReadonlySignal<Shown | undefined> }) {
  const at = shown.value;
  if (at?.point === undefined) return null;
  const { candle, before, marked, region, point } = at;
  const lines = [
    ...(region === undefined ? [] : regionLines(region, zone.value)),
    ...revisionLines(candle, before, marked),
  ];
  if (lines.length === 0) return null;
  const left = point.x > WIDTH_PX + AWAY_PX ? point.x - WIDTH_PX - AWAY_PX : point.x + AWAY_PX;
  return (
    <div
      class="explanation"
      role="status"
      data-testid="explanation"
      style={{ left: `${left}px`, top: `${point.y + AWAY_PX}px` }}
    >
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}
