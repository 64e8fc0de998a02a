import { toUnits } from "../../src/domain/decimal.js";
import type { Trade } from "../../src/domain/trade.js";
import { bybitLinear } from "../../src/venues/bybit/linear.js";
import { bybit } from "../../src/venues/bybit/spot.js";
import { coinbase } from "../../src/venues/coinbase/coinbase.js";
import type { Venue } from "../../src/venues/venue.js";
import { type Recording, framesOf, isRecorded } from "../support/venue-recordings.js";

interface Quote {
  symbol: string;
  bid?: string | undefined;
  ask?: string | undefined;
}

/** Best prices of the venues' own tickers. */
const QUOTES: Partial<Record<Recording, (text: string) => Quote[]>> = {
  COINBASE: (text) => {
    const { channel, events } = JSON.parse(text) as {
      channel: string;
      events: { tickers: Record<string, string>[] }[];
    };
    if (channel !== "ticker") return [];
    return events.flatMap(({ tickers }) =>
      tickers.map(({ product_id = "", best_bid, best_ask }) => ({
        symbol: product_id,
        bid: best_bid,
        ask: best_ask,
      })),
    );
  },
  BYBIT: (text) => {
    const { topic, data } = JSON.parse(text) as {
      topic?: string;
      data: Record<string, string>;
    };
    if (topic?.startsWith("tickers.") !== true) return [];
    const { symbol = "", bid1Price, ask1Price } = data;
    return [{ symbol, bid: bid1Price, ask: ask1Price }];
  },
};

/** Trades at a best price, and how many of them took the order that stood there. */
function atTheTouch(
  venue: Venue,
  recording: Recording,
  address: RegExp,
): { taken: number; of: number } {
  const quotes = new Map<string, { bid?: string; ask?: string }>();
  let [taken, of] = [0, 0];
  const count = ({ market, price, takerSide }: Trade): void => {
    const { bid, ask } = quotes.get(market) ?? {};
    if (bid === undefined || ask === undefined) return;
    const units = toUnits(price);
    const isBuy = units >= toUnits(ask);
    if (!isBuy && units > toUnits(bid)) return;
    of++;
    if (takerSide === (isBuy ? "buy" : "sell")) taken++;
  };
  for (const frame of framesOf(recording)) {
    if (!address.test(frame.address)) continue;
    for (const { symbol, bid, ask } of QUOTES[recording]?.(frame.text) ?? []) {
      const market = `${venue.name}:${symbol}`;
      const known = quotes.get(market) ?? {};
      quotes.set(market, {
        ...known,
        ...(bid && { bid }),
        ...(ask && { ask }),
      });
    }
    const { receivedAt } = frame;
    const read = venue.decode(frame.text, { receivedAt, source: "replay" });
    // A fill that eats through the book starts at the touch; what follows in its message is beyond.
    if (read.type === "trades" && read.isPast !== true)
      for (const trade of read.trades.slice(0, 1)) count(trade);
  }
  return { taken, of };
}

describe("the taker's side", () => {
  it.each([
    // Tickers come a moment behind the book: one trade met the price of before.
    ["coinbase", coinbase, "COINBASE" as const, /./, 50, 1],
    [
      "bybit-linear",
      isRecorded ? bybitLinear : bybit,
      "BYBIT" as const,
      isRecorded ? /linear/ : /spot/,
      100,
      0,
    ],
  ])(
    "is that of the order that took the best price: %s",
    (_, venue, recording, address, least, astray) => {
      const { taken, of } = atTheTouch(venue, recording, address);
      expect(of).toBeGreaterThanOrEqual(isRecorded ? least : 40);
      expect(of - taken).toBeLessThanOrEqual(isRecorded ? astray : 0);
    },
  );
});
