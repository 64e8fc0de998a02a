import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type Row, median } from "./benchmark.js";
import { short } from "./table.js";

echarts.use([BarChart, GridComponent, TitleComponent, SVGRenderer]);

const COLOURS: Record<Row["kind"], string> = {
  tapeline: "#0f766e",
  bare: "#94a3b8",
  peer: "#d97706",
};
const WIDTH = 860;
const ROW = 34;
/** Estimated width of a character at 12 px: there is no font to measure with here. */
const CHARACTER = 6.8;

/**
 * Horizontal bars of one figure's medians, the product's in another colour than its peers', as SVG.
 */
export function barChart(title: string, figure: string, rows: readonly Row[]): string {
  const shown = rows.filter(({ figures }) => figures[figure] !== undefined);
  const unit = shown[0]?.figures[figure]?.unit ?? "";
  const height = 70 + shown.length * ROW;
  const longest = Math.max(...shown.map(({ contestant }) => contestant.length));
  const labels = 16 + longest * CHARACTER;
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height,
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      textStyle: { fontFamily: "system-ui, sans-serif" },
      title: {
        text: title,
        subtext: `${figure}, ${unit}`,
        left: 10,
        top: 4,
        textStyle: { fontSize: 15, color: "#0f172a" },
        subtextStyle: { color: "#475569" },
      },
      grid: { left: labels, right: 90, top: 56, bottom: 6 },
      xAxis: { type: "value", show: false, min: 0 },
      yAxis: {
        type: "category",
        inverse: true,
        data: shown.map(({ contestant }) => contestant),
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: { color: "#0f172a", fontSize: 12 },
      },
      series: [
        {
          type: "bar",
          barMaxWidth: 20,
          label: { show: true, position: "right", color: "#0f172a" },
          data: shown.map(({ kind, figures }) => {
            const value = median(figures[figure]?.samples ?? []);
            return {
              value,
              itemStyle: { color: COLOURS[kind] },
              label: { formatter: short(value) },
            };
          }),
        },
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
