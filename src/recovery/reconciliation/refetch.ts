import type { Candle } from "../../domain/candle.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { VenueMarket } from "../../venues/venues.js";
import type { SymbolHole, RestRequest, TradePage } from "../../venues/venue.js";

/** More trades than any minute has had; what a minute with more lacks is not found this way. */
const MAX_PAGES = 60;

/**
 * Asks the venue for a candle's trades and sends them through the topic: those that we hold already change nothing.
 * Gives how many there were; undefined where the venue cannot be asked for them.
 */
export async function refetch(
  { symbol, venue }: VenueMarket,
  { firstTradeId, lastTradeId, openTime, closeTime }: Candle,
  hosts: VenueHosts,
  transport: Transport,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (venue.repair.kind !== "by id") return undefined;
  if (firstTradeId === null || lastTradeId === null) return undefined;
  const hole: SymbolHole = {
    symbol,
    from: BigInt(firstTradeId),
    to: BigInt(lastTradeId) + 1n,
    after: openTime - 1,
    before: closeTime + 1,
  };
  let question: RestRequest<TradePage> | undefined = venue.repair.begin(
    hole,
    "repair",
  );
  let fetched = 0;
  for (let page = 0; question !== undefined && page < MAX_PAGES; page++) {
    const answer: TradePage = await hosts.ask(
      venue,
      question,
      "reconciliation",
      signal,
    );
    if (answer.trades.length > 0)
      await transport.produce("trades.bulk", answer.trades, { signal });
    fetched += answer.trades.length;
    question = answer.next;
  }
  return fetched;
}
