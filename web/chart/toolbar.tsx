import { type ReadonlySignal, computed } from "@preact/signals";
import { DEFAULT_INTERVALS, type Interval } from "../../src/domain/interval.js";
import { statusWatch } from "../live/session.js";
import type { View } from "./chart-session.js";

/** The stored intervals, once the server has reported them. */
const intervals = computed<readonly Interval[]>(
  () => statusWatch.status.value?.intervals ?? DEFAULT_INTERVALS,
);

export function Intervals({
  value,
  onChange,
}: {
  value: Interval;
  onChange: (interval: Interval) => void;
}) {
  return (
    <div class="intervals" role="group" aria-label="Interval">
      {intervals.value.map((interval) => (
        <button
          key={interval}
          type="button"
          aria-pressed={interval === value}
          onClick={() => onChange(interval)}
        >
          {interval}
        </button>
      ))}
    </div>
  );
}

export function LogScale({
  value,
  onChange,
}: {
  value: boolean;
  onChange: (log: boolean) => void;
}) {
  return (
    <button
      type="button"
      aria-pressed={value}
      title="Logarithmic price axis"
      onClick={() => onChange(!value)}
    >
      Log
    </button>
  );
}

/** Only while the newest candle is out of view. */
export function ToNewest({
  view,
  onClick,
}: {
  view: ReadonlySignal<View | undefined>;
  onClick: () => void;
}) {
  if (view.value?.newest !== false) return null;
  return (
    <button type="button" onClick={onClick}>
      To the newest ⇥
    </button>
  );
}
