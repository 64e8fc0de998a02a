import type { Trade } from "../../domain/trade.js";

export const COPY_COLUMNS =
  "market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at";

/** Trades of one market as lines of COPY's text format, with the columns of `COPY_COLUMNS`. */
export function copyText(trades: readonly Trade[], market: number): string {
  let text = "";
  for (const trade of trades) {
    const { time, id, ord, price, amount, count, receivedAt } = trade;
    const { takerSide, offBook, source } = trade;
    text += `${market}\t${time}\t${field(id)}\t${ord}\t${price}\t${amount}\t${count}\t${takerSide}\t${offBook ? "t" : "f"}\t${source}\t${receivedAt}\n`;
  }
  return text;
}

/** Escapes an id: no other column can contain special characters. */
function field(text: string): string {
  return /[\\\t\n\r]/.test(text)
    ? text
        .replaceAll("\\", "\\\\")
        .replaceAll("\t", "\\t")
        .replaceAll("\n", "\\n")
        .replaceAll("\r", "\\r")
    : text;
}
