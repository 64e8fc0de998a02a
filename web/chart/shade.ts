import type {
  IChartApiBase,
  IPanePrimitive,
  IPanePrimitivePaneView,
  Logical,
  PaneAttachedParameter,
  Time,
} from "lightweight-charts";
import { chartTime } from "./bars.js";
import type { Region } from "./shade-regions.js";

const HATCH_PX = 7;
/** Keeps a gap within one candle visible when zoomed far out. */
const MIN_WIDTH_PX = 3;

/**
 * Shades gaps and incomplete candles over the height of the price pane: hatched, so that colour is
 * not the only sign.
 */
export class Shade implements IPanePrimitive<Time> {
  regions: readonly Region[] = [];
  colour = "";
  private chart: IChartApiBase<Time> | undefined;
  private requestUpdate: (() => void) | undefined;

  attached({ chart, requestUpdate }: PaneAttachedParameter<Time>): void {
    this.chart = chart;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.chart = undefined;
    this.requestUpdate = undefined;
  }

  redraw(): void {
    this.requestUpdate?.();
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return [
      {
        zOrder: () => "bottom",
        renderer: () => ({
          draw: (target) =>
            target.useMediaCoordinateSpace(({ context, mediaSize }) =>
              this.draw(context, mediaSize.width, mediaSize.height),
            ),
        }),
      },
    ];
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const scale = this.chart?.timeScale();
    if (scale === undefined) return;
    const half = scale.options().barSpacing / 2;
    for (const { from, to } of this.regions) {
      const [first, last] = [from, to].map((time) => {
        const index = scale.timeToIndex(chartTime(time), true);
        return index === null ? null : scale.logicalToCoordinate(index as number as Logical);
      });
      if (first === null || last === null) continue;
      let [left, right] = [(first ?? 0) - half, (last ?? 0) + half];
      if (right - left < MIN_WIDTH_PX)
        [left, right] = [left - MIN_WIDTH_PX / 2, left + MIN_WIDTH_PX / 2];
      if (right > 0 && left < width)
        this.hatch(context, Math.max(0, left), Math.min(width, right), height);
    }
  }

  private hatch(
    context: CanvasRenderingContext2D,
    left: number,
    right: number,
    height: number,
  ): void {
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.fillStyle = this.colour;
    context.strokeStyle = this.colour;
    context.globalAlpha = 0.1;
    context.fillRect(left, 0, right - left, height);
    context.globalAlpha = 0.45;
    context.beginPath();
    const begin = Math.floor((left - height) / HATCH_PX) * HATCH_PX;
    for (let x = begin; x < right; x += HATCH_PX) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
  }
}
