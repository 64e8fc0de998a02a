import {
  type CandlestickSeriesPartialOptions,
  ColorType,
  CrosshairMode,
  type DeepPartial,
  LineStyle,
  type Time,
  type TimeChartOptions,
} from "lightweight-charts";
import { timeText } from "../frame/time-text.js";
import type { Palette } from "./palette.js";
import { tickText } from "./zoned-scale.js";

/** `seconds`: candles of less than a minute; `days`: of a day or more. */
export type Grain = "seconds" | "minutes" | "days";

export function chartOptions(
  palette: Palette,
  zone: string,
  grain: Grain,
): DeepPartial<TimeChartOptions> {
  const style = ({ seconds: "daySecond", minutes: "dayMinute", days: "day" } as const)[grain];
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: palette.background },
      textColor: palette.dim,
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
      // The logo adds a <style> element, which the content policy blocks; the page has its own link
      // instead.
      attributionLogo: false,
      panes: {
        separatorColor: palette.line,
        separatorHoverColor: palette.line,
      },
    },
    grid: {
      vertLines: { color: palette.line },
      horzLines: { color: palette.line },
    },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: crosshair(palette),
      horzLine: crosshair(palette),
    },
    rightPriceScale: {
      borderColor: palette.line,
      minimumWidth: 72,
      // Room for the legend.
      scaleMargins: { top: 0.18, bottom: 0.08 },
    },
    timeScale: {
      borderColor: palette.line,
      timeVisible: grain !== "days",
      secondsVisible: grain === "seconds",
      rightOffset: 4,
      minBarSpacing: 0.3,
      tickMarkFormatter: tickText(zone),
    },
    localization: {
      locale: "en-GB",
      dateFormat: "yyyy-MM-dd",
      timeFormatter: (time: Time) => timeText(Number(time) * 1_000, zone, style),
    },
  };
}

export function candleOptions(palette: Palette): CandlestickSeriesPartialOptions {
  return {
    // Hollow; the label of the last price uses this colour without its transparency.
    upColor: `${palette.up}00`,
    borderUpColor: palette.up,
    wickUpColor: palette.up,
    downColor: palette.down,
    borderDownColor: palette.down,
    wickDownColor: palette.down,
    priceLineStyle: LineStyle.Dotted,
  };
}

function crosshair(palette: Palette) {
  return {
    color: palette.dim,
    style: LineStyle.Dashed,
    labelBackgroundColor: palette.strong,
  };
}
