import { randomUUID } from "node:crypto";
import { canonical } from "../../domain/decimal.js";
import { marketFault, marketOf, readMarket } from "../../domain/market.js";
import { readNumber, readTime, timeFault } from "../../domain/time-text.js";
import { MAX_AHEAD_MS, type TakerSide, type Trade, faultOf } from "../../domain/trade.js";
import type { Venues } from "../../venues/venues.js";

export const MAX_POSTED = 1_000;
const POSTED_VENUE = "posted";
const FIELDS: ReadonlySet<string> = new Set([
  "market",
  "symbol",
  "price",
  "amount",
  "time",
  "takerSide",
  "id",
]);
const INTEGER = /^(0|[1-9]\d{0,18})$/;
const MAX_ORD = 2n ** 63n - 2n;

export interface PostedFault {
  /** Such as `[3].price`. */
  field: string;
  detail: string;
  value?: string;
}

/**
 * The trades of a request body, or its faults: all or nothing.
 *
 * @param venues whose feeds own their markets
 * @param serial increases with every trade of this process: orders trades of one ms whose ids are
 *   not integers
 */
export function postedTrades(
  body: unknown,
  venues: Pick<Venues, "isFeedVenue">,
  now: number,
  serial: () => number,
): { trades: Trade[]; faults: PostedFault[] } {
  if (!Array.isArray(body) || body.length === 0 || body.length > MAX_POSTED) {
    const size = Array.isArray(body) ? `${body.length} elements` : typeof body;
    return {
      trades: [],
      faults: [
        {
          field: "body",
          detail: `must be an array of 1 to ${MAX_POSTED} trades`,
          value: size,
        },
      ],
    };
  }
  const trades: Trade[] = [];
  const faults: PostedFault[] = [];
  for (const [index, value] of (body as unknown[]).entries()) {
    const result = postedTrade(value, venues, now, serial);
    if (Array.isArray(result))
      faults.push(
        ...result.map((fault) => ({
          ...fault,
          field: `[${index}]${fault.field === "" ? "" : `.${fault.field}`}`,
        })),
      );
    else trades.push(result);
  }
  if (faults.length === 0) faults.push(...contradictionsIn(trades));
  return faults.length > 0 ? { trades: [], faults } : { trades, faults };
}

/**
 * Entries of one id and time with different contents; the same twice is a duplicate, and an unknown
 * side contradicts nothing.
 */
function contradictionsIn(trades: readonly Trade[]): PostedFault[] {
  const faults: PostedFault[] = [];
  const first = new Map<string, number>();
  for (const [index, trade] of trades.entries()) {
    const key = `${trade.market} ${trade.time} ${trade.id}`;
    const other = first.get(key);
    const before = trades[other ?? index] as Trade;
    if (other === undefined) first.set(key, index);
    for (const field of ["price", "amount", "takerSide"] as const)
      if (trade[field] !== before[field] && ![trade[field], before[field]].includes("unknown"))
        faults.push(
          wrong(
            `[${index}].${field}`,
            `must be ${JSON.stringify(before[field])}, as in [${other}], which has the same id and time`,
            trade[field],
          ),
        );
  }
  return faults;
}

function postedTrade(
  value: unknown,
  venues: Pick<Venues, "isFeedVenue">,
  now: number,
  serial: () => number,
): Trade | PostedFault[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [wrong("", "must be an object", value)];
  const fields = value as Record<string, unknown>;
  const faults = Object.keys(fields)
    .filter((name) => !FIELDS.has(name))
    .map((name) =>
      wrong(name, `is not known here; known are ${[...FIELDS].join(", ")}`, fields[name]),
    );
  const market = marketFor(fields, venues, faults);
  const price = decimal("price", fields["price"], faults);
  const amount = fields["amount"] === undefined ? "0" : decimal("amount", fields["amount"], faults);
  const time = timeFor(fields["time"], now, faults);
  const takerSide = fields["takerSide"] ?? "unknown";
  if (takerSide !== "buy" && takerSide !== "sell" && takerSide !== "unknown")
    faults.push(wrong("takerSide", "must be buy, sell or unknown", takerSide));
  const id = fields["id"] ?? randomUUID();
  if (typeof id !== "string") faults.push(wrong("id", "must be text", id));
  if (faults.length > 0) return faults;
  const trade: Trade = {
    market,
    id: id as string,
    ord: ordFor(id as string, now, serial),
    ids: "sparse",
    kind: "raw",
    count: 1,
    price,
    amount,
    takerSide: takerSide as TakerSide,
    time,
    receivedAt: now,
    source: "posted",
    offBook: false,
  };
  const fault = faultOf(trade, now + MAX_AHEAD_MS);
  if (fault === undefined) return trade;
  const field = fault.detail.slice(0, fault.detail.indexOf(" "));
  return [wrong(field, fault.detail.slice(field.length + 1), undefined)];
}

function marketFor(
  fields: Record<string, unknown>,
  venues: Pick<Venues, "isFeedVenue">,
  faults: PostedFault[],
): string {
  const { market, symbol } = fields;
  if ((market === undefined) === (symbol === undefined)) {
    faults.push(
      wrong(
        "market",
        `is required, or symbol, which means venue ${POSTED_VENUE}; not both`,
        market,
      ),
    );
    return "";
  }
  const name = market ?? (typeof symbol === "string" ? marketOf(POSTED_VENUE, symbol) : symbol);
  const parsed = typeof name === "string" ? readMarket(name) : undefined;
  const field = market === undefined ? "symbol" : "market";
  if (parsed === undefined) {
    faults.push(
      wrong(
        field,
        marketFault(
          field === "market"
            ? "must be venue:symbol, such as desk:BTCUSD"
            : "must be letters, digits and . _ / @ : -",
          name,
        ),
        market ?? symbol,
      ),
    );
  } else if (venues.isFeedVenue(parsed.venue)) {
    faults.push(
      wrong(field, `must not be of venue ${parsed.venue}, whose trades come from its feed`, name),
    );
  }
  return name as string;
}

function decimal(field: string, value: unknown, faults: PostedFault[]): string {
  const text = typeof value === "string" ? canonical(value) : undefined;
  if (text === undefined) {
    // A JSON number is already rounded to binary.
    faults.push(
      wrong(
        field,
        'must be a decimal as text, such as "61234.50", of at most 20 integer and 18 fraction digits',
        value,
      ),
    );
    return "";
  }
  return text;
}

const ZONE = /[T ].*(Z|[+-]\d{2}:?\d{2})$/;

function timeFor(value: unknown, now: number, faults: PostedFault[]): number {
  if (value === undefined) return now;
  if (typeof value === "number" || (typeof value === "string" && ZONE.test(value))) {
    const read = typeof value === "number" ? readNumber(value) : readTime(value);
    if ("time" in read) return read.time;
  }
  const rule = "must be epoch ms or ISO 8601 with a zone, such as 2026-01-02T03:04:05Z";
  faults.push(wrong("time", timeFault(rule, value), value));
  return NaN;
}

/** Integer ids give the order; trades with other ids keep the order of arrival. */
function ordFor(id: string, now: number, serial: () => number): string {
  if (INTEGER.test(id) && BigInt(id) <= MAX_ORD) return id;
  return (BigInt(now) * 1_000_000n + BigInt(serial() % 1_000_000)).toString();
}

function wrong(field: string, detail: string, value: unknown): PostedFault {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return shown === undefined ? { field, detail } : { field, detail, value: shown.slice(0, 80) };
}
