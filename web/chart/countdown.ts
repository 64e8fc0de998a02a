import type {
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";
import type { Candle } from "../../src/domain/candle.js";

/** Below the label of the last price, which is one line high. */
const BELOW_PX = 17;
/** A candle overdue by more than this belongs to a stopped feed or to a replayed day. */
const OVERDUE_MS = 10_000;

/** Shows on the price axis how long the newest candle is still open, by the exchange's clock. */
export class Countdown implements ISeriesPrimitive<Time> {
  colour = "";
  ink = "";
  private series: ISeriesApi<SeriesType, Time> | undefined;
  private requestUpdate: (() => void) | undefined;
  private text = "";
  private price = 0;

  attached({ series, requestUpdate }: SeriesAttachedParameter<Time, SeriesType>): void {
    this.series = series;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.series = undefined;
    this.requestUpdate = undefined;
  }

  update(candle: Candle | undefined, now: number): void {
    const text = countdownText(candle, now);
    this.price = Number(candle?.close ?? 0);
    if (text === this.text) return;
    this.text = text;
    this.requestUpdate?.();
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    if (this.text === "") return [];
    const at = this.series?.priceToCoordinate(this.price) ?? null;
    return at === null
      ? []
      : [
          {
            coordinate: () => at + BELOW_PX,
            text: () => this.text,
            textColor: () => this.ink,
            backColor: () => this.colour,
            tickVisible: () => false,
          },
        ];
  }
}

/** "00:42", "05:00:42", "3 d 05:00"; empty when the candle is closed or overdue. */
export function countdownText(candle: Candle | undefined, now: number): string {
  if (candle === undefined || candle.closed) return "";
  const left = candle.closeTime + 1 - now;
  if (left < -OVERDUE_MS) return "";
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const days = Math.floor(seconds / 86_400);
  const [hours, minutes, rest] = [
    Math.floor((seconds % 86_400) / 3_600),
    Math.floor((seconds % 3_600) / 60),
    seconds % 60,
  ].map((part) => String(part).padStart(2, "0"));
  if (days > 0) return `${days} d ${hours}:${minutes}`;
  return hours === "00" ? `${minutes}:${rest}` : `${hours}:${minutes}:${rest}`;
}
