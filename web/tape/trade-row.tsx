import type { TakerSide, Trade } from "../../src/domain/trade.js";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";
import { digitsOf, grouped } from "../frame/decimal-text.js";
import { serverNow } from "../live/server-clock.js";
import { type TimeStyle, timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";

/** Fraction digits of the columns, so that their decimal points align. */
export interface Digits {
  price: number;
  amount: number;
}

const OFF_BOOK = { text: "off book", tone: "dim" };
const SIDES: Record<TakerSide, { text: string; tone: string }> = {
  buy: { text: "▲ buy", tone: "up" },
  sell: { text: "▼ sell", tone: "down" },
  unknown: { text: "–", tone: "dim" },
};

export function TradeRow({
  trade,
  style,
  size,
  digits,
}: {
  trade: Trade;
  style: TimeStyle;
  size: "" | "big" | "huge";
  digits: Digits;
}) {
  const { text, tone } = trade.offBook ? OFF_BOOK : SIDES[trade.takerSide];
  return (
    <tr
      class={trade.offBook ? "dim" : size}
      data-id={trade.id}
      title={trade.offBook ? "A print outside the order book, in no candle" : undefined}
    >
      <td class="dim">{timeText(trade.time, zone.value, style)}</td>
      <td class={tone}>{text}</td>
      <td class={`right ${tone}`}>{grouped(trade.price, digits.price)}</td>
      <td class="right size">{grouped(trade.amount, digits.amount)}</td>
    </tr>
  );
}

/** With the day, unless all are of today. */
export function timeStyleOf(trades: readonly Trade[]): TimeStyle {
  const day = (time: number): string => timeText(time, zone.value, "day");
  const today = day(serverNow());
  return trades.every(({ time }) => day(time) === today) ? "second" : "daySecond";
}

/** Sizes above which a trade stands out among these: the upper tenth, and the upper fiftieth. */
export function sizeScale(trades: readonly Trade[]): [number, number] {
  const sizes = trades.map(({ amount }) => Number(amount)).sort((a, b) => a - b);
  const at = (share: number) => sizes[Math.floor((sizes.length - 1) * share)] ?? Infinity;
  return [at(0.9), at(0.98)];
}

/** Converts to numbers, which is exact enough for emphasis. */
export function sizeClass(
  { amount }: Trade,
  [big, huge]: readonly [number, number],
): "" | "big" | "huge" {
  const size = Number(amount);
  return size > huge ? "huge" : size > big ? "big" : "";
}

export function columnDigits(
  trades: readonly Trade[],
  instrument: MarketSummary["instrument"],
): Digits {
  return {
    price: digitsOf(
      trades.map(({ price }) => price),
      instrument?.tickSize,
    ),
    amount: digitsOf(
      trades.map(({ amount }) => amount),
      instrument?.stepSize,
    ),
  };
}
