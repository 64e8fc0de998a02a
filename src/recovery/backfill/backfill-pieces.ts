import type { Trade } from "../../domain/trade.js";

/**
 * Trades of `from … to` (exchange time, end exclusive) in pieces of a size. From the first of that time on all are taken:
 * within a file ids ascend, and a time may be a little behind the one before.
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
