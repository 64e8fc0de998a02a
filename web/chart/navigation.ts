import { chartTime } from "./bars.js";
import type { PriceChart } from "./price-chart.js";

/** Default width of a candle including its distance to the next. */
export const BAR_PX = 7;
/** Empty space to the right of the newest candle, in candles. */
const MARGIN_BARS = 4;

/** Goes to the newest candle, with the given number of candles in view, or as many as fit. */
export function showNewest({ api }: PriceChart, openTime: number, bars?: number): void {
  const scale = api.timeScale();
  const last = scale.timeToIndex(chartTime(openTime), true);
  if (bars === undefined || last === null) {
    scale.applyOptions({ barSpacing: BAR_PX, rightOffset: MARGIN_BARS });
    scale.scrollToPosition(MARGIN_BARS, false);
    return;
  }
  const to = Number(last) + MARGIN_BARS;
  scale.setVisibleLogicalRange({ from: to - bars, to });
}

/** Moves the view in the next frame if the candle is outside it; returns whether it does. */
export function bringIntoView({ api }: PriceChart, openTime: number): boolean {
  const scale = api.timeScale();
  const at = Number(scale.timeToIndex(chartTime(openTime), true) ?? NaN);
  const range = scale.getVisibleLogicalRange();
  if (range === null || !(at < range.from || at > range.to)) return false;
  const by = at < range.from ? at - MARGIN_BARS - range.from : at + MARGIN_BARS - range.to;
  scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  return true;
}

/** Scrolls by a share of the view; negative goes back in time. */
export function scroll({ api }: PriceChart, share: number): void {
  const range = api.timeScale().getVisibleLogicalRange();
  if (range === null) return;
  const by = (range.to - range.from) * share;
  api.timeScale().setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
}

/** A factor above one shows more candles. The right edge stays. */
export function zoom({ api }: PriceChart, factor: number): void {
  const range = api.timeScale().getVisibleLogicalRange();
  if (range === null) return;
  const width = Math.max(5, (range.to - range.from) * factor);
  api.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
}
