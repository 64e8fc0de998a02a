import {
  CandlestickSeries,
  HistogramSeries,
  type IChartApiBase,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  PriceScaleMode,
  type SeriesMarker,
  type Time,
  createChartEx,
  createSeriesMarkers,
} from "lightweight-charts";
import type { Candle } from "../../src/domain/candle.js";
import type { Interval } from "../../src/domain/interval.js";
import { digitsOf, grouped } from "../frame/decimal-text.js";
import { barOf, chartTime, emptyBetween, emptyBuckets } from "./bars.js";
import { type Grain, candleOptions, chartOptions } from "./chart-options.js";
import { Columns } from "./columns.js";
import { Countdown } from "./countdown.js";
import type { Palette } from "./palette.js";
import { Shade } from "./shade.js";
import { StudySeries } from "./study-series.js";
import { type Study, studyOf } from "./study.js";
import { STUDY_FORMS, type StudySpec } from "./study-spec.js";
import { zonedScale } from "./zoned-scale.js";

/** Up to this many changed candles are updated one by one; with more, every series is reset. */
const MAX_TAIL_BARS = 20;
const PANE_SHARE = { price: 6, volume: 1.4, own: 1.6 } as const;

export interface ChartSetting {
  interval: Interval;
  zone: string;
  palette: Palette;
}

/** The drawing: candles, volume, studies, marks. Only here decimals become numbers. */
export class PriceChart {
  readonly api: IChartApiBase<Time>;
  readonly candles: ISeriesApi<"Candlestick", Time>;
  readonly shade = new Shade();
  readonly countdown = new Countdown();
  private readonly volume: ISeriesApi<"Histogram", Time>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private readonly columns = new Columns();
  private studies: StudySeries[] = [];
  /** Fraction digits of the prices. */
  digits = 0;
  private complete = false;

  constructor(
    element: HTMLElement,
    private readonly setting: ChartSetting,
  ) {
    const { palette, zone, interval } = setting;
    this.api = createChartEx<Time, ReturnType<typeof zonedScale>>(
      element,
      zonedScale(zone),
      chartOptions(palette, zone, grainOf(interval)),
    );
    this.candles = this.api.addSeries(CandlestickSeries, candleOptions(palette), 0);
    this.volume = this.api.addSeries(
      HistogramSeries,
      {
        priceFormat: { type: "volume", precision: 3, minMove: 1e-10 },
        priceLineVisible: false,
        lastValueVisible: false,
      },
      1,
    );
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0 } });
    this.marks = createSeriesMarkers(this.candles, []);
    this.shade.colour = palette.warn;
    this.countdown.ink = palette.background;
    this.api.panes()[0]?.attachPrimitive(this.shade);
    this.candles.attachPrimitive(this.countdown);
  }

  /** Number of candles drawn. */
  get length(): number {
    return this.columns.openTime.length;
  }

  get drawnStudies(): readonly StudySeries[] {
    return this.studies;
  }

  /** A price as the axis shows it. */
  readonly priceText = (value: number): string => grouped(value.toFixed(this.digits));

  setTick(step: string | null | undefined): void {
    const digits = digitsOf([], step);
    if (digits > this.digits) this.showDigits(digits);
  }

  setLog(log: boolean): void {
    const { Logarithmic, Normal } = PriceScaleMode;
    // The library applies the most recent setting of any pane to panes that are created later.
    for (const [index, pane] of this.api.panes().entries())
      pane.priceScale("right").applyOptions({ mode: log && index === 0 ? Logarithmic : Normal });
  }

  /** Panes in order: price, volume, then one for each study that has its own. */
  setStudies(specs: readonly StudySpec[]): void {
    for (const study of this.studies) study.remove();
    let pane = 1;
    this.studies = specs.map((spec, index) => {
      const form = STUDY_FORMS[spec.kind];
      const at = { price: 0, volume: 1, own: pane + 1 }[form.pane];
      if (form.pane === "own") pane = at;
      return this.addStudy(studyOf(spec), index, at);
    });
    for (const [index, each] of this.api.panes().entries())
      each.setStretchFactor(
        index === 0 ? PANE_SHARE.price : index === 1 ? PANE_SHARE.volume : PANE_SHARE.own,
      );
  }

  /**
   * Redraws the candles from index `from` on.
   * @param complete there is no candle before the first
   */
  draw(rows: readonly Candle[], from: number, complete: boolean): void {
    const drawn = this.length;
    const tail = this.isTail(rows, from, drawn);
    this.columns.update(rows, from);
    // A session's average is known once it is known that no candle is before its first one.
    const start = complete === this.complete ? from : 0;
    this.complete = complete;
    for (const { study } of this.studies) study.update(this.columns, start, complete);
    this.learnDigits(rows, from);
    if (tail && start === from) this.drawTail(rows, from, drawn);
    else this.drawAll(rows);
    const last = rows.at(-1);
    if (last !== undefined) this.colourLast(isRising(last));
  }

  /** @param openTimes of the candles to mark, ascending */
  setMarks(openTimes: readonly number[]): void {
    const { accent } = this.setting.palette;
    this.marks.setMarkers(
      openTimes.map((openTime): SeriesMarker<Time> => ({
        time: chartTime(openTime),
        position: "aboveBar",
        shape: "square",
        color: accent,
        size: 0.6,
        text: "R",
      })),
    );
  }

  close(): void {
    this.api.remove();
  }

  private addStudy(study: Study, index: number, pane: number): StudySeries {
    study.update(this.columns, 0, this.complete);
    const { palette } = this.setting;
    const format =
      STUDY_FORMS[study.spec.kind].pane === "price" || study.spec.kind === "macd"
        ? this.priceText
        : (value: number) => grouped(value.toFixed(2));
    const series = new StudySeries(this.api, study, palette, index, pane, format);
    series.setAll(this.columns.openTime);
    return series;
  }

  private colourLast(rising: boolean): void {
    const { up, down } = this.setting.palette;
    const colour = rising ? up : down;
    if (colour === this.countdown.colour) return;
    this.countdown.colour = colour;
    this.candles.applyOptions({ priceLineColor: colour });
  }

  private isTail(rows: readonly Candle[], from: number, drawn: number): boolean {
    if (drawn === 0 || from < drawn - MAX_TAIL_BARS || rows.length > from + MAX_TAIL_BARS)
      return false;
    for (let at = from; at < drawn; at++)
      if (rows[at]?.openTime !== this.columns.openTime[at]) return false;
    return rows.length >= drawn;
  }

  private drawTail(rows: readonly Candle[], from: number, drawn: number): void {
    for (let at = from; at < rows.length; at++) {
      const row = rows[at];
      if (row === undefined) continue;
      const before = rows[at - 1];
      if (at >= drawn && before !== undefined)
        for (const time of this.emptyBefore(before, row))
          this.candles.update({ time: chartTime(time) });
      this.candles.update(barOf(row), at < drawn - 1);
      this.volume.update(this.volumeOf(row, at), at < drawn - 1);
    }
    for (const study of this.studies) study.update(this.columns.openTime, from, drawn);
  }

  private drawAll(rows: readonly Candle[]): void {
    const empty = emptyBuckets(this.setting.interval, rows);
    this.candles.setData(
      rows.flatMap((row, at) => [
        ...(empty.get(at) ?? []).map((time) => ({ time: chartTime(time) })),
        barOf(row),
      ]),
    );
    this.volume.setData(rows.map((row, at) => this.volumeOf(row, at)));
    for (const study of this.studies) study.setAll(this.columns.openTime);
  }

  private emptyBefore(before: Candle, row: Candle): number[] {
    return before.closeTime + 1 === row.openTime
      ? []
      : emptyBetween(this.setting.interval, before.openTime, row.openTime);
  }

  private volumeOf(row: Candle, at: number) {
    const { upSoft, downSoft } = this.setting.palette;
    return {
      time: chartTime(row.openTime),
      value: this.columns.volume[at] ?? 0,
      color: isRising(row) ? upSoft : downSoft,
    };
  }

  /** The axis has as many digits as the venue's tick and the prices have. */
  private learnDigits(rows: readonly Candle[], from: number): void {
    const newest = rows.slice(Math.max(from, rows.length - 500));
    const prices = newest.flatMap(({ close, high }) => [close, high]);
    const digits = Math.max(this.digits, digitsOf(prices, undefined));
    if (digits === this.digits && this.length > newest.length) return;
    this.showDigits(digits);
  }

  private showDigits(digits: number): void {
    this.digits = Math.min(digits, 12);
    this.candles.applyOptions({
      priceFormat: {
        type: "custom",
        formatter: this.priceText,
        minMove: 10 ** -this.digits,
      },
    });
  }
}

function isRising({ open, close }: Candle): boolean {
  return Number(close) >= Number(open);
}

function grainOf(interval: Interval): Grain {
  return interval === "1s" ? "seconds" : /[dwM]$/.test(interval) ? "days" : "minutes";
}
