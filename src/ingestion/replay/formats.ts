import { canonical } from "../../domain/decimal.js";
import { marketOf } from "../../domain/market.js";
import type { TakerSide, Trade } from "../../domain/trade.js";
import { isOffBook, printFaultOf } from "../../venues/decode/off-book.js";
import { type Refused, type Venue, idKindOf } from "../../venues/venue.js";

/** One line or array entry of a recording. */
export interface Entry {
  trades: Trade[];
  refused: readonly Refused[];
  /** Time for `--speed`, epoch ms: receive time of a frame, else exchange time. */
  at: number;
}

const NOTHING: Trade[] = [];
/** Recordings may be of any time: only nonsense is refused. */
const LATEST = Date.UTC(2100, 0);

/** `<receive time> <combined-stream JSON>`; messages without trades give an empty entry. */
export function frameEntry(line: string, venue: Venue): Entry {
  const space = line.indexOf(" ");
  const at = epochMilliseconds(line.slice(0, space));
  if (space < 0 || Number.isNaN(at))
    return bad("bad_line", "a line must be <receive time in ms, µs or ns> <JSON>");
  const frame = venue.decode(line.slice(space + 1), {
    receivedAt: at,
    source: "replay",
  });
  switch (frame.type) {
    case "trades":
      return { trades: frame.trades, refused: frame.refused, at };
    case "unreadable":
      return { ...bad(frame.reason, frame.detail), at };
    case "other":
    case "newest":
    case "answer":
    case "shutdown":
      return { trades: NOTHING, refused: [], at };
  }
}

export const CSV_HEADER = "timestamp,price,quantity,side,tradeId";

/**
 * `timestamp,price,quantity,side,tradeId` with the taker's side and the raw trade id.
 *
 * @param before of a line that ends with its file: the two lines before it, the nearer first
 */
export function csvEntry(
  line: string,
  venue: Venue,
  symbol: string,
  before?: readonly [string, string],
): Entry {
  const fields = line.split(",");
  const [timestamp = "", priceText = "", quantity = "", side = "", id = ""] = fields;
  if (fields.length !== 5)
    return bad("bad_line", `a line must have the 5 fields of ${CSV_HEADER}, not ${fields.length}`);
  if (before !== undefined && isTorn(id, before))
    return bad(
      "bad_line",
      "the file ends within this line; if it is whole, end it with a line break",
    );
  const time = epochMilliseconds(timestamp);
  const price = canonical(priceText) ?? priceText;
  const amount = canonical(quantity) ?? quantity;
  const trade: Trade = {
    market: marketOf(venue.name, symbol),
    id,
    ord: id,
    ids: idKindOf(venue.ids),
    kind: "raw",
    count: 1,
    price,
    amount,
    takerSide: side.toLowerCase() as TakerSide,
    time,
    receivedAt: time,
    source: "replay",
    offBook: isOffBook(price, amount),
  };
  const fault = printFaultOf(trade, LATEST, venue);
  if (fault !== undefined) return bad(fault.code, fault.detail);
  return { trades: [trade], refused: [], at: time };
}

/** An element of a REST answer's array, such as Binance's `historicalTrades` or `aggTrades`. */
export function restEntry(element: unknown, venue: Venue, symbol: string): Entry {
  const context = { receivedAt: 0, source: "replay", latest: LATEST } as const;
  const frame = venue.decodeRest(element, symbol, context);
  if (frame.type !== "trades")
    return bad("bad_element", "an element must be a trade of the venue's REST");
  for (const trade of frame.trades) trade.receivedAt = trade.time;
  const at = frame.trades[0]?.time ?? NaN;
  return { trades: frame.trades, refused: frame.refused, at };
}

/**
 * Whether an id at the end of a file has lost its last digits: then it is not above that of the
 * line before, although ids ascend.
 */
function isTorn(id: string, before: readonly [string, string]): boolean {
  const [last = "", earlier = ""] = before.map((line) => line.split(",")[4]);
  const ascends = earlier === "" || isAbove(last, earlier);
  return last !== "" && ascends && !isAbove(id, last);
}

function isAbove(id: string, other: string): boolean {
  return id.length > other.length || (id.length === other.length && id > other);
}

/** Epoch ms of a timestamp in s, ms, µs or ns, by its number of digits; NaN for anything else. */
function epochMilliseconds(text: string): number {
  if (!/^\d{10,19}$/.test(text)) return NaN;
  if (text.length >= 18) return Number(text.slice(0, -6));
  if (text.length >= 15) return Number(text.slice(0, -3));
  return text.length >= 12 ? Number(text) : Number(text) * 1_000;
}

function bad(reason: string, detail: string): Entry {
  return { trades: NOTHING, refused: [{ reason, detail }], at: NaN };
}
