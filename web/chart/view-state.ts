import { type Interval, openTimeOf } from "../../src/domain/interval.js";
import { param, setParams } from "../frame/address.js";
import type { CandleSeries } from "../live/candle-series.js";
import { chartTime } from "./bars.js";
import type { ChartSession } from "./chart-session.js";
import { chartParams, chartState, widthOf } from "./chart-state.js";
import { BAR_PX, showNewest } from "./navigation.js";

/** The address follows when the view has come to rest. */
const REST_MS = 400;

/** Shows what the address says as soon as the candles are there; returns what ends the waiting. */
export function showView(
  session: ChartSession,
  series: CandleSeries,
): () => void {
  const { range, bars } = chartState(param);
  let wanted = true;
  const show = () => {
    const last = series.list.last;
    if (!wanted || last === undefined) return;
    session.flush();
    if (range === undefined) showNewest(session.chart, last.openTime, bars);
    else
      session.chart.api.timeScale().setVisibleRange({
        from: chartTime(range.from),
        to: chartTime(range.to),
      });
    session.settled = true;
    session.look();
    session.fill();
  };
  const begin = () => {
    if (range === undefined) return show();
    void series.reach(range.from).then(show);
  };
  let end: (() => void) | undefined;
  if (series.list.first !== undefined) begin();
  else
    end = series.listen(() => {
      end?.();
      begin();
    });
  return () => {
    wanted = false;
    end?.();
  };
}

/** Keeps the address in step with what is looked at, and older candles coming; returns what ends it. */
export function followView(session: ChartSession): () => void {
  const scale = session.chart.api.timeScale();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const publish = () => {
    const view = session.view.peek();
    if (view === undefined) return;
    const { from, to, bars, newest } = view;
    const usual = Math.abs(scale.options().barSpacing - BAR_PX) < 0.01;
    setParams(
      chartParams(
        newest
          ? { range: undefined, bars: usual ? undefined : bars }
          : { range: { from, to }, bars: undefined },
      ),
    );
  };
  const changed = () => {
    // What the library shows before the address has been followed is nobody's choice.
    if (!session.settled) return;
    session.look();
    session.fill();
    clearTimeout(timer);
    timer = setTimeout(publish, REST_MS);
  };
  scale.subscribeVisibleLogicalRangeChange(changed);
  return () => {
    clearTimeout(timer);
    scale.unsubscribeVisibleLogicalRangeChange(changed);
  };
}

/** A day's first candles are needed before the average since 00:00 UTC is known; of `1s` they are too many. */
const SESSION_BARS = 3_000;

export async function reachSession(
  series: CandleSeries,
  interval: Interval,
): Promise<void> {
  const last = series.list.last?.openTime ?? 0;
  const start = openTimeOf("1d", last);
  if (last - start <= SESSION_BARS * widthOf(interval))
    await series.reach(start);
}
