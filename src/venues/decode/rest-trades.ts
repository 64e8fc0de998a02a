import type { TradeSource } from "../../domain/trade.js";
import type { Answer, Arrival, DecodeContext, Frame, NewestTrade, RestRequest } from "../venue.js";
import { exactly, parseExact } from "./exact-json.js";
import type { Print, Sifted, TradeSieve } from "./trade-sieve.js";

/** Reads the trades of one venue's REST: where they are in the body, and the fields of each. */
export class RestTrades {
  constructor(
    private readonly sieve: TradeSieve,
    /** Undefined for a body without trades, such as an error. */
    private readonly elementsOf: (body: unknown) => readonly unknown[] | undefined,
    private readonly printOf: (element: unknown, symbol: string) => Print,
  ) {}

  read(body: string, symbol: string, arrival: Arrival, source: TradeSource): Answer<Sifted> {
    const parsed = parseExact(body);
    if (!parsed.ok) return parsed;
    const elements = this.elementsOf(parsed.value);
    if (elements === undefined)
      return { ok: false, reason: "not_an_answer", detail: body.slice(0, 200) };
    const prints = elements.map((element) => this.printOf(element, symbol));
    return { ok: true, value: this.sieve.sift(prints, { ...arrival, source }) };
  }

  /** One element of such a body, parsed by the caller. */
  decode(element: unknown, symbol: string, context: DecodeContext): Frame {
    const print = this.printOf(exactly(element), symbol);
    return { type: "trades", ...this.sieve.sift([print], context) };
  }

  /** A request for the newest of the trades at a path; null when there are none. */
  newest(path: string, weight: number, symbol: string): RestRequest<NewestTrade | null> {
    return {
      path,
      weight,
      read: (body, arrival) => {
        const answer = this.read(body, symbol, arrival, "live");
        if (!answer.ok) return answer;
        const { trades, refused } = answer.value;
        if (trades.length === 0 && refused[0] !== undefined) return { ok: false, ...refused[0] };
        let newest: NewestTrade | null = null;
        for (const { ord, time } of trades) {
          const lastOrd = BigInt(ord);
          if (newest === null || lastOrd > newest.lastOrd) newest = { lastOrd, time };
        }
        return { ok: true, value: newest };
      },
    };
  }
}
