import {
  HistogramSeries,
  type IChartApiBase,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Time,
} from "lightweight-charts";
import { chartTime } from "./bars.js";
import type { Palette } from "./palette.js";
import type { Study, StudyLine } from "./study.js";
import { studyName } from "./study-spec.js";

type Line = { line: StudyLine; series: ISeriesApi<"Line" | "Histogram", Time> };

/** A study's lines on the chart. */
export class StudySeries {
  readonly colour: string;
  readonly text: (value: number) => string;
  private readonly lines: Line[];

  constructor(
    private readonly chart: IChartApiBase<Time>,
    readonly study: Study,
    private readonly palette: Palette,
    index: number,
    readonly pane: number,
    format: (value: number) => string,
  ) {
    this.text = (value) => (Number.isNaN(value) ? "–" : format(value));
    this.colour = colourOf(palette, index);
    this.lines = study.lines.map((line) => ({
      line,
      series: this.seriesOf(line, index, format),
    }));
    const [first] = this.lines;
    if (pane > 1)
      first?.series.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.12 } });
    if (study.spec.kind === "rsi" && first !== undefined) this.levels(first);
  }

  setAll(openTimes: readonly number[]): void {
    for (const { line, series } of this.lines)
      series.setData(openTimes.flatMap((openTime, at) => this.point(line, openTime, at)));
  }

  /** @param drawn how many candles are drawn already */
  update(openTimes: readonly number[], from: number, drawn: number): void {
    for (const { line, series } of this.lines)
      for (let at = from; at < openTimes.length; at++)
        for (const point of this.point(line, openTimes[at] ?? 0, at))
          series.update(point, at < drawn - 1);
  }

  remove(): void {
    for (const { series } of this.lines) this.chart.removeSeries(series);
  }

  private point(line: StudyLine, openTime: number, at: number) {
    const value = line.values[at] ?? NaN;
    if (Number.isNaN(value)) return [];
    const time = chartTime(openTime);
    if (line.look !== "histogram") return [{ time, value }];
    const rising = value >= (line.values[at - 1] ?? 0);
    const { up, down } = this.palette;
    // Full colour while it moves away from zero, faint while it returns.
    const grows = value >= 0 === rising;
    return [{ time, value, color: (value >= 0 ? up : down) + (grows ? "" : "80") }];
  }

  private seriesOf(
    line: StudyLine,
    index: number,
    format: (value: number) => string,
  ): Line["series"] {
    const common = {
      priceLineVisible: false,
      priceFormat: { type: "custom", formatter: format, minMove: 1e-10 },
      lastValueVisible: this.pane > 1 && line.look !== "histogram",
    } as const;
    if (line.look === "histogram") return this.chart.addSeries(HistogramSeries, common, this.pane);
    return this.chart.addSeries(
      LineSeries,
      {
        ...common,
        color: line.look === "second" ? colourOf(this.palette, index + 1) : this.colour,
        lineWidth: line.look === "edge" ? 1 : 2,
        lineStyle: line.look === "edge" ? LineStyle.Dashed : LineStyle.Solid,
        crosshairMarkerVisible: false,
        title: this.pane > 1 ? line.name || studyName(this.study.spec) : "",
      },
      this.pane,
    );
  }

  private levels({ series }: Line): void {
    for (const price of [30, 70])
      series.createPriceLine({
        price,
        color: this.palette.strong,
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: false,
      });
    series.applyOptions({
      autoscaleInfoProvider: () => ({
        priceRange: { minValue: 0, maxValue: 100 },
      }),
    });
  }
}

function colourOf({ studies, accent }: Palette, index: number): string {
  return studies[index % studies.length] ?? accent;
}
