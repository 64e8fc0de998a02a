import type { Candle } from "../../domain/candle.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { VenueMarket } from "../../venues/venues.js";
import type { SymbolHole, RestRequest, TradePage } from "../../venues/venue.js";

/** More trades than any minute has had. What a longer minute lacks is not found this way. */
const MAX_PAGES = 60;

/**
 * Fetches a candle's trades from its venue and sends them through the topic: those that are stored
 * already change nothing. Resolves to their number; undefined where the venue does not serve trades
 * by id, or the candle has no ids. Rejects with a VenueError or a TransportError.
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
  let request: RestRequest<TradePage> | undefined = venue.repair.begin(hole, "repair");
  let fetched = 0;
  for (let page = 0; request !== undefined && page < MAX_PAGES; page++) {
    const response: TradePage = await hosts.fetch(venue, request, "reconciliation", signal);
    if (response.trades.length > 0)
      await transport.produce("trades.bulk", response.trades, { signal });
    fetched += response.trades.length;
    request = response.next;
  }
  return fetched;
}
