import { type Interval, openTimeOf } from "../../src/domain/interval.js";
import { param, setParams } from "../frame/address.js";
import type { CandleSeries } from "../live/candle-series.js";
import { chartTime } from "./bars.js";
import type { ChartSession } from "./chart-session.js";
import { chartParams, chartState, widthOf } from "./chart-state.js";
import { BAR_PX, showNewest } from "./navigation.js";

/** The address is updated when the view has not moved for this long. */
const SETTLE_MS = 400;

/** Shows the view of the address once the candles are loaded; returns a function that cancels. */
export function showView(session: ChartSession, series: CandleSeries): () => void {
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
    session.readView();
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

/**
 * Keeps the address in step with the view and loads older candles; returns a function that stops
 * it.
 */
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
    // Until the address's view is shown, the view is the library's default, not the user's choice.
    if (!session.settled) return;
    session.readView();
    session.fill();
    clearTimeout(timer);
    timer = setTimeout(publish, SETTLE_MS);
  };
  scale.subscribeVisibleLogicalRangeChange(changed);
  return () => {
    clearTimeout(timer);
    scale.unsubscribeVisibleLogicalRangeChange(changed);
  };
}

/** Maximum candles loaded for the average since 00:00 UTC; a day of `1s` has too many. */
const SESSION_BARS = 3_000;

export async function reachSession(series: CandleSeries, interval: Interval): Promise<void> {
  const last = series.list.last?.openTime ?? 0;
  const start = openTimeOf("1d", last);
  if (last - start <= SESSION_BARS * widthOf(interval)) await series.reach(start);
}
