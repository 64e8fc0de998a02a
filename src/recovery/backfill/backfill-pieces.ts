import type { Trade } from "../../domain/trade.js";

/**
 * Splits the trades of `from … to` (exchange time, end exclusive) into pieces of `size` trades.
 * From the first trade of that time on it takes all: within a file ids ascend, but a time may be a
 * little earlier than the one before it.
 */
export async function* piecesOf(
  pages: AsyncIterable<readonly Trade[]>,
  { from, to, size }: { from: number; to: number; size: number },
): AsyncGenerator<Trade[]> {
  let piece: Trade[] = [];
  let hasBegun = false;
  for await (const page of pages) {
    for (const trade of page) {
      hasBegun ||= trade.time >= from;
      if (!hasBegun) continue;
      if (trade.time >= to) {
        if (piece.length > 0) yield piece;
        return;
      }
      piece.push(trade);
      if (piece.length === size) {
        yield piece;
        piece = [];
      }
    }
  }
  if (piece.length > 0) yield piece;
}
