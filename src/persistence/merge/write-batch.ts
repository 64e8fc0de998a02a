import { type Interval, shapeOf } from "../../domain/interval.js";
import type { Trade } from "../../domain/trade.js";

/** A market's row, as far as it never changes. */
export interface KnownMarket {
  id: number;
  name: string;
  ids: Trade["ids"];
  kind: Trade["kind"];
}

/**
 * Trades as PostgreSQL array literals, one per column of `write-trades.sql` ($1–$11). Built as text here: the driver's
 * own conversion looks at every element's type and escapes every one, which costs more than the rest of the batch.
 */
export function tradeColumns(
  trades: readonly Trade[],
  markets: ReadonlyMap<string, KnownMarket>,
): string[] {
  const columns: string[][] = Array.from(
    { length: 11 },
    () => new Array<string>(trades.length),
  );
  trades.forEach((trade, row) => {
    const market = markets.get(trade.market);
    if (market === undefined)
      throw new Error(`market ${trade.market} has no row`);
    const values = [
      String(market.id),
      String(trade.time),
      element(trade.id),
      trade.ord,
      trade.price,
      trade.amount,
      String(trade.count),
      trade.takerSide,
      trade.offBook ? "t" : "f",
      trade.source,
      String(trade.receivedAt),
    ];
    for (let column = 0; column < values.length; column++)
      (columns[column] as string[])[row] = values[column] as string;
  });
  return columns.map(literal);
}

export function literal(
  elements: readonly (string | number | bigint)[],
): string {
  return `{${elements.join(",")}}`;
}

/** Interval names, widths (0: calendar months) and anchors as array literals, and the width that all are multiples of. */
export function intervalColumns(intervals: readonly Interval[]): {
  names: string;
  widths: string;
  anchors: string;
  base: number;
} {
  const shapes = intervals.map(shapeOf);
  return {
    names: literal(intervals),
    widths: literal(shapes.map(({ width }) => width)),
    anchors: literal(shapes.map(({ anchor }) => anchor)),
    base: Math.min(
      ...shapes.map(({ width }) => width).filter((width) => width > 0),
    ),
  };
}

const PLAIN = /^[A-Za-z0-9_.:-]+$/;

function element(text: string): string {
  // A bare NULL would be read as the null value.
  if (PLAIN.test(text) && text.toUpperCase() !== "NULL") return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
