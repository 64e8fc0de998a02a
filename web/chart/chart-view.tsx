import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { theme } from "../frame/theme.js";
import { zone } from "../frame/time-zone.js";
import type { CandleSeries } from "../live/candle-series.js";
import type { ExchangeClock } from "../live/exchange-clock.js";
import { ChartSession, type Noticed, type Shown } from "./chart-session.js";
import type { ChartState } from "./chart-state.js";
import { Explanation } from "./explanation.js";
import { Legend } from "./legend.js";
import { scroll, zoom } from "./navigation.js";
import { readPalette } from "./palette.js";
import { studyText } from "./study-spec.js";
import { followView, reachSession, showView } from "./view-state.js";

/** The chart of one series; `session` gives neighbouring components access to its drawing. */
export function ChartView({
  series,
  gaps,
  revised,
  clock,
  state,
  session,
  noticed,
  onExplain,
}: {
  series: CandleSeries;
  gaps: ReadonlySignal<readonly Gap[]>;
  revised: ReadonlySignal<ReadonlySet<number>>;
  clock: ExchangeClock;
  state: ChartState;
  session: Signal<ChartSession | undefined>;
  noticed: Noticed;
  /** With the open time of the candle under the cross-hair, else of the newest. */
  onExplain: (openTime: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const shown = useSignal<Shown | undefined>(undefined);
  const { interval, studies, log } = state;
  const colours = theme.value;
  const timeZone = zone.value;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const palette = readPalette(document.documentElement);
    const setting = { interval, zone: timeZone, palette };
    const made = new ChartSession(element, { series, gaps, revised, clock }, setting, noticed);
    made.chart.setStudies(studies);
    made.chart.setLog(log);
    session.value = made;
    const ends = [showView(made, series), followView(made)];
    return () => {
      session.value = undefined;
      for (const end of ends) end();
      made.close();
    };
  }, [series, interval, timeZone, colours, gaps, revised, clock]);
  useSignalEffect(() => {
    shown.value = session.value?.shown.value;
  });
  const studiesText = studies.map(studyText).join();
  useEffect(() => {
    session.peek()?.chart.setStudies(studies);
    session.peek()?.refresh();
  }, [studiesText]);
  useEffect(() => session.peek()?.chart.setLog(log), [log]);
  const needsSession = studies.some(({ kind }) => kind === "vwap");
  const { fresh } = series.state.value;
  useEffect(() => {
    if (needsSession && fresh) void reachSession(series, interval);
  }, [needsSession, fresh, series]);
  return (
    <div class="chart">
      <div
        class="chart-canvas live-data"
        ref={box}
        tabIndex={0}
        role="application"
        aria-label="Price chart. Left and right arrow keys move from candle to candle, plus and minus zoom, End goes to the newest, Enter explains a candle."
        onKeyDown={(event) => {
          const by = session.peek();
          if (by !== undefined && onKey(by, event, onExplain)) event.preventDefault();
        }}
        onBlur={() => session.peek()?.release()}
      />
      <Legend shown={shown} />
      <Explanation shown={shown} />
    </div>
  );
}

/** False for a key without a function here. */
function onKey(
  session: ChartSession,
  event: KeyboardEvent,
  onExplain: (openTime: number) => void,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const many = event.shiftKey ? 10 : 1;
  switch (event.key) {
    case "ArrowLeft":
      session.step(-many);
      return true;
    case "ArrowRight":
      session.step(many);
      return true;
    case "PageUp":
      scroll(session.chart, -0.5);
      return true;
    case "PageDown":
      scroll(session.chart, 0.5);
      return true;
    case "+":
    case "=":
      zoom(session.chart, 0.8);
      return true;
    case "-":
      zoom(session.chart, 1.25);
      return true;
    case "End":
      session.follow();
      return true;
    case "Enter": {
      const at = session.shown.peek()?.candle.openTime;
      if (at !== undefined) onExplain(at);
      return at !== undefined;
    }
    case "Escape":
      session.release();
      return true;
    default:
      return false;
  }
}
