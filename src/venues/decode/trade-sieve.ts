import { marketOf } from "../../domain/market.js";
import type { Fault, TakerSide, Trade } from "../../domain/trade.js";
import { type DecodeContext, type Refused, type Venue, idKindOf } from "../venue.js";
import { decimalOf, wholeOf } from "./exact-json.js";
import { latestTime } from "./latest-time.js";
import { isOffBook, printFaultOf } from "./off-book.js";

/** A venue's trade under our names, with unchecked values. */
export interface Print {
  symbol: unknown;
  id: unknown;
  /** Left out where the id itself orders the trades. */
  ord?: unknown;
  price: unknown;
  amount: unknown;
  takerSide: TakerSide | undefined;
  /** Epoch ms. */
  time: number;
}

export interface Sifted {
  trades: Trade[];
  refused: Refused[];
}

/** Makes raw trades of prints; one that breaks a rule is refused with the rule's code. */
export class TradeSieve {
  constructor(private readonly venue: Pick<Venue, "name" | "symbols" | "ids" | "roundsAmounts">) {}

  /** @param sentAt of the message, epoch ms; left out where it does not say */
  sift(prints: readonly Print[], context: DecodeContext, sentAt?: number): Sifted {
    const trades: Trade[] = [];
    const refused: Refused[] = [];
    const latest = latestTime(context, sentAt);
    for (const print of prints) {
      const trade = this.tradeOf(print, context);
      const ofSymbol = this.symbolFault(print);
      const fault = ofSymbol ?? printFaultOf(trade, latest, this.venue);
      if (fault === undefined) trades.push(trade);
      else
        refused.push({
          reason: fault.code,
          detail: fault.detail,
          ...(ofSymbol === undefined ? { market: trade.market } : {}),
          ...(fault.isAhead === true ? { isAhead: true } : {}),
        });
    }
    return { trades, refused };
  }

  /** A field that cannot be read is passed on unchanged: `printFaultOf` names the fault. */
  private tradeOf(print: Print, context: DecodeContext): Trade {
    const { symbol, id, ord = id, takerSide, time } = print;
    const price = decimalOf(print.price) ?? (print.price as string);
    const amount = decimalOf(print.amount) ?? (print.amount as string);
    return {
      market: marketOf(this.venue.name, String(symbol)),
      id: id as string,
      ord: wholeOf(ord) ?? (ord as string),
      ids: idKindOf(this.venue.ids),
      kind: "raw",
      count: 1,
      price,
      amount,
      takerSide: takerSide as TakerSide,
      time,
      receivedAt: context.receivedAt,
      source: context.source,
      offBook: isOffBook(price, amount),
    };
  }

  private symbolFault({ symbol }: Print): Fault | undefined {
    const { name, symbols } = this.venue;
    if (typeof symbol === "string" && symbols.pattern.test(symbol)) return undefined;
    const shown = JSON.stringify(symbol)?.slice(0, 80) ?? "missing";
    return {
      code: "bad_market",
      detail: `a symbol of ${name} must be ${symbols.rule}, not ${shown}`,
    };
  }
}
