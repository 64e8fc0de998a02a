import {
  MAX_COUNT,
  MIN_TIME,
  TAKER_SIDES,
  TRADE_SOURCES,
  type TakerSide,
  type Trade,
  type TradeSource,
} from "../domain/trade.js";

const DECIMAL = String.raw`((?:0|[1-9]\d{0,19})(?:\.\d{0,17}[1-9])?)`;
/** Includes the rules of `parseMarket` and most of `faultOf`: a match needs few further checks. */
const LAYOUT = new RegExp(
  [
    String.raw`^\{"market":"([a-z][a-z0-9-]{0,31}:[A-Za-z0-9][A-Za-z0-9._/@:-]{0,63})"`,
    String.raw`"id":"([ !#-[\]-~\xa0-\ud7ff\ue000-\uffff]{1,128})"`,
    String.raw`"ord":"(0|[1-9]\d{0,16})"`,
    `"ids":"(dense|sparse)"`,
    `"kind":"(raw|aggregated)"`,
    String.raw`"count":([1-9]\d{0,6})`,
    `"price":"${DECIMAL}"`,
    `"amount":"${DECIMAL}"`,
    `"takerSide":"(${TAKER_SIDES.join("|")})"`,
    String.raw`"time":(\d{13})`,
    String.raw`"receivedAt":(0|[1-9]\d{0,14})`,
    `"source":"(${TRADE_SOURCES.join("|")})"`,
    String.raw`"offBook":(true|false)\}$`,
  ].join(","),
);
/** Text that JSON does not escape. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/**
 * As `JSON.stringify`, in a third of its time for a trade of the declared types, with its fields in
 * the order of `LAYOUT`.
 */
export function writeTrade(trade: Trade): string {
  const { market, id, ord, ids, kind, count, price, amount } = trade;
  const { takerSide, time, receivedAt, source, offBook } = trade;
  // A value of another type must not become a valid one: the reader must see and refuse it.
  const isTyped =
    typeof market === "string" &&
    typeof id === "string" &&
    typeof ord === "string" &&
    typeof price === "string" &&
    typeof amount === "string" &&
    typeof offBook === "boolean" &&
    Number.isSafeInteger(count) &&
    Number.isSafeInteger(time) &&
    Number.isSafeInteger(receivedAt) &&
    PLAIN.test(market + id + ord + price + amount);
  if (!isTyped) return JSON.stringify(trade);
  return `{"market":"${market}","id":"${id}","ord":"${ord}","ids":"${ids}","kind":"${kind}","count":${count},"price":"${price}","amount":"${amount}","takerSide":"${takerSide}","time":${time},"receivedAt":${receivedAt},"source":"${source}","offBook":${offBook}}`;
}

/**
 * The trade in a text of `writeTrade` that breaks no rule; undefined for every other text, valid or
 * not: other producers' JSON is parsed as JSON. One match reads and validates, in half the time of
 * `JSON.parse` alone.
 *
 * @param latest newest plausible exchange time, epoch ms
 */
export function readTrade(text: string, latest: number): Trade | undefined {
  const match = LAYOUT.exec(text);
  if (match === null) return undefined;
  const count = Number(match[6]);
  const time = Number(match[10]);
  const isRaw = match[5] === "raw";
  if (
    (isRaw ? count !== 1 : count > MAX_COUNT) ||
    match[7] === "0" ||
    time < MIN_TIME ||
    time > latest
  )
    return undefined;
  const id = match[2] as string;
  return {
    market: match[1] as string,
    id,
    // Mostly equal: keep one string for both.
    ord: match[3] === id ? id : (match[3] as string),
    ids: match[4] === "dense" ? "dense" : "sparse",
    kind: isRaw ? "raw" : "aggregated",
    count,
    price: match[7] as string,
    amount: match[8] as string,
    takerSide: sideOf(match[9]),
    time,
    receivedAt: Number(match[11]),
    source: sourceOf(match[12]),
    offBook: match[13] === "true",
  };
}

// Tens of thousands of trades wait: a string of its own for each of these would be a tenth of their
// memory.

function sideOf(text: string | undefined): TakerSide {
  return text === "buy" ? "buy" : text === "sell" ? "sell" : "unknown";
}

let lastSource: TradeSource = "live";

/** Nearly always the previous trade's. */
function sourceOf(text: string | undefined): TradeSource {
  if (text !== lastSource) lastSource = text as TradeSource;
  return lastSource;
}
