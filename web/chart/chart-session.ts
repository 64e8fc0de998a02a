import { type ReadonlySignal, effect, signal } from "@preact/signals";
import type { MouseEventParams, Time } from "lightweight-charts";
import type { Candle } from "../../src/domain/candle.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { now } from "../frame/now.js";
import type { CandleSeries } from "../live/candle-series.js";
import type { ExchangeClock } from "../live/exchange-clock.js";
import { chartTime } from "./bars.js";
import type { TimeRange } from "./chart-state.js";
import { bringIntoView, showNewest } from "./navigation.js";
import { type ChartSetting, PriceChart } from "./price-chart.js";
import { type Region, regionAt, shadeRegions } from "./shade-regions.js";
import { studyName } from "./study-spec.js";

/** Older candles are requested when fewer than this are left of the view. */
const AHEAD_BARS = 150;

export interface View extends TimeRange {
  bars: number;
  /** Whether the newest candle is in view. */
  newest: boolean;
}

export interface Shown {
  candle: Candle;
  /** The candle as it closed, if it was revised since, while this page was open. */
  before: Candle | undefined;
  /** Whether it was revised other than by loading history. */
  marked: boolean;
  region: Region | undefined;
  /** Fraction digits of the market's prices. */
  digits: number;
  studies: { name: string; colour: string; values: string[] }[];
  /** Where the pointer is, in px of the chart; undefined while the newest candle is shown. */
  point: { x: number; y: number } | undefined;
}

/** Inputs of the drawing. */
export interface Sources {
  series: CandleSeries;
  gaps: ReadonlySignal<readonly Gap[]>;
  /** Open times of the candles to mark. */
  revised: ReadonlySignal<ReadonlySet<number>>;
  clock: ExchangeClock;
}

/** Callbacks of the drawing. */
export interface Noticed {
  /** The completeness of a candle has changed. */
  incomplete: () => void;
  /** Candles were revised, the first of which opens at `openTime`. */
  revised: (openTime: number) => void;
}

/** Keeps the drawing of one series up to date, at most once per browser frame. */
export class ChartSession {
  readonly chart: PriceChart;
  /** Whether the view of the address has been shown; from then on the user controls the view. */
  settled = false;
  private readonly viewed = signal<View | undefined>(undefined);
  private readonly showing = signal<Shown | undefined>(undefined);
  private readonly shaded = signal<readonly Region[]>([]);
  private readonly ends: (() => void)[] = [];
  private dirty: number | undefined = 0;
  private frame: number | undefined;
  private pointing = 0;
  private gaps: readonly Gap[] = [];
  private readonly incomplete = new Set<number>();
  private readonly series: CandleSeries;
  private readonly revised: ReadonlySignal<ReadonlySet<number>>;
  private readonly clock: ExchangeClock;
  private pointed: { openTime: number; x: number; y: number } | undefined;

  constructor(
    element: HTMLElement,
    { series, gaps, revised, clock }: Sources,
    private readonly setting: ChartSetting,
    private readonly noticed: Noticed,
  ) {
    this.series = series;
    this.revised = revised;
    this.clock = clock;
    this.chart = new PriceChart(element, setting);
    this.chart.api.subscribeCrosshairMove((event) => this.moved(event));
    this.ends.push(
      series.listen((from) => this.invalidate(from)),
      effect(() => {
        this.gaps = gaps.value;
        this.updateShade();
      }),
      effect(() => {
        void revised.value;
        this.mark();
      }),
      effect(() => {
        void now.value;
        this.chart.countdown.update(series.list.last, clock.now());
      }),
      // The first candle may turn out to be the first of all.
      effect(() => void (series.state.value.complete && this.invalidate(0))),
    );
    this.invalidate(0);
  }

  /** The candle under the pointer, else the newest. */
  get shown(): ReadonlySignal<Shown | undefined> {
    return this.showing;
  }

  get regions(): ReadonlySignal<readonly Region[]> {
    return this.shaded;
  }

  invalidate(from: number): void {
    this.dirty = Math.min(this.dirty ?? from, from);
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  /** Draws at once, so that the chart matches the series when it is read next. */
  flush(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.draw();
  }

  /** Open times of the first and the last candle in view. */
  get view(): ReadonlySignal<View | undefined> {
    return this.viewed;
  }

  /** Reads the current view from the chart. */
  readView(): void {
    const scale = this.chart.api.timeScale();
    const times = scale.getVisibleRange();
    const bars = scale.getVisibleLogicalRange();
    const last = this.series.list.last;
    if (times === null || bars === null || last === undefined) return;
    const [from, to] = [Number(times.from) * 1_000, Number(times.to) * 1_000];
    const newest = to >= last.openTime;
    const count = Math.round(bars.to - bars.from);
    this.viewed.value = { from, to, bars: count, newest };
  }

  /** Sets the tick size as reported by the venue. */
  setTick(step: string | null | undefined): void {
    this.chart.setTick(step);
    this.show();
  }

  /** To be called when the studies have changed. */
  refresh(): void {
    this.show();
  }

  /** Moves the pointer by candles, as the arrow keys do. */
  step(by: number): void {
    const { rows } = this.series.list;
    const at =
      this.pointed === undefined ? rows.length : this.series.list.indexOf(this.pointed.openTime);
    const candle = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (candle === undefined) return;
    this.pointAt(candle);
    // Its position is known only after the view has moved.
    cancelAnimationFrame(this.pointing);
    if (bringIntoView(this.chart, candle.openTime))
      this.pointing = requestAnimationFrame(() => this.pointAt(candle));
  }

  /** Goes to the newest candle and stays with it. */
  follow(): void {
    const last = this.series.list.last;
    if (last !== undefined) showNewest(this.chart, last.openTime);
  }

  release(): void {
    cancelAnimationFrame(this.pointing);
    this.chart.api.clearCrosshairPosition();
    this.pointed = undefined;
    this.show();
  }

  /** Loads older candles when the view is near the oldest loaded one. */
  fill(): void {
    const range = this.chart.api.timeScale().getVisibleLogicalRange();
    if (range === null || this.chart.length === 0) return;
    if (range.from < AHEAD_BARS) void this.series.older();
  }

  close(): void {
    for (const end of this.ends) end();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.pointing);
    this.chart.close();
  }

  private draw(): void {
    this.frame = undefined;
    const from = this.dirty;
    this.dirty = undefined;
    if (from === undefined) return;
    const { rows } = this.series.list;
    this.chart.draw(rows, from, this.series.state.peek().complete);
    this.chart.countdown.update(rows.at(-1), this.clock.now());
    const changed = rows.slice(from);
    const revised = changed.find(({ revision }) => revision > 0);
    if (revised !== undefined) this.noticed.revised(revised.openTime);
    if (from === 0 || revised !== undefined) this.mark();
    const isNews = ({ openTime, complete }: Candle) =>
      (complete === false) !== this.incomplete.has(openTime);
    if (changed.some(isNews)) {
      this.updateShade();
      this.noticed.incomplete();
    }
    this.show();
  }

  private mark(): void {
    const marked = this.revised.peek();
    const times = this.series.list.rows.map(({ openTime }) => openTime);
    this.chart.setMarks(times.filter((openTime) => marked.has(openTime)));
    this.show();
  }

  private updateShade(): void {
    const { rows } = this.series.list;
    this.incomplete.clear();
    for (const { openTime, complete } of rows)
      if (complete === false) this.incomplete.add(openTime);
    this.shaded.value = shadeRegions(rows, this.gaps, this.setting.interval);
    this.chart.shade.regions = this.shaded.peek();
    this.chart.shade.redraw();
    this.show();
  }

  private pointAt({ openTime, close }: Candle): void {
    const { api, candles } = this.chart;
    const [time, price] = [chartTime(openTime), Number(close)];
    api.setCrosshairPosition(price, time, candles);
    const x = api.timeScale().timeToCoordinate(time) ?? 0;
    const y = candles.priceToCoordinate(price) ?? 0;
    this.pointed = { openTime, x, y };
    this.show();
  }

  private moved({ time, point }: MouseEventParams<Time>): void {
    // Moving the cross-hair by keyboard sends an event without a point.
    if (point === undefined && time !== undefined) return;
    this.pointed =
      time === undefined || point === undefined
        ? undefined
        : { openTime: Number(time) * 1_000, x: point.x, y: point.y };
    this.show();
  }

  private show(): void {
    const { list } = this.series;
    const at =
      this.pointed === undefined ? list.rows.length - 1 : list.indexOf(this.pointed.openTime);
    const candle = list.rows[at];
    if (candle === undefined) return void (this.showing.value = undefined);
    // Over an empty bucket only the region is explained; the candle shown is the next one.
    const openTime = this.pointed?.openTime ?? candle.openTime;
    this.showing.value = {
      candle,
      before: list.unrevised.get(candle.openTime),
      marked: this.revised.peek().has(candle.openTime),
      region: regionAt(this.shaded.peek(), openTime),
      digits: this.chart.digits,
      studies: this.chart.drawnStudies.map(({ study, colour, text }) => ({
        name: studyName(study.spec),
        colour,
        values: study.lines.map(({ values }) => text(values[at] ?? NaN)),
      })),
      point: this.pointed,
    };
  }
}
