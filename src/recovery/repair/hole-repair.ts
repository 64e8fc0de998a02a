import type { IdRange } from "../../domain/ranges.js";
import type { TradeKind } from "../../domain/trade.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { SymbolHole, RestRequest, TradePage, Venue } from "../../venues/venue.js";
import { ReportedIds } from "./reported-ids.js";

/** What the venue answered to the requests for one hole. */
export interface HoleAnswer {
  trades: number;
  /** Ids without a trade, all below the newest that the venue knows. */
  absent: IdRange[];
  /** Number of ids that it reported nothing about. */
  unreported: bigint;
  /** It reported at least one id, with a trade or without. */
  hasReported: boolean;
  /** Its REST has not reached the hole's last ids yet. */
  isBehind: boolean;
  /** Why trades that it reported cannot be stored; null when they can. */
  unfit: Unfit | null;
}

/** Why trades cannot be stored: for good, or as long as a clock is wrong. */
interface Unfit {
  reason: string;
  passes: boolean;
}

/**
 * Fetches the trades of a hole from its venue, page by page, and sends each page before it requests
 * the next: sent pages stay sent when a later one fails. Resolves when all are in the log. Rejects
 * with a VenueError, a TransportError, or the signal's reason.
 */
export async function fetchHole(
  { venue, hole, kind }: { venue: Venue; hole: SymbolHole; kind: TradeKind },
  hosts: VenueHosts,
  transport: Transport,
  signal: AbortSignal,
): Promise<HoleAnswer> {
  const reported = new ReportedIds(hole);
  const sender = new BulkSender(transport, signal);
  let trades = 0;
  let unfit: Unfit | null = null;
  let request: RestRequest<TradePage> | undefined =
    venue.repair.kind === "by id" ? venue.repair.begin(hole, "repair") : undefined;
  while (request !== undefined && unfit === null) {
    const page: TradePage = await hosts.fetch(venue, request, "repair", signal);
    unfit = unfitness(page, kind);
    if (unfit !== null) break;
    for (const trade of page.trades) sender.add(trade);
    trades += page.trades.length;
    await sender.flush();
    reported.add(page.reported, page.trades);
    request = page.next;
  }
  await sender.finish();
  const answer = {
    trades,
    unreported: reported.unreported,
    hasReported: reported.unreported < hole.to - hole.from,
  };
  if (unfit !== null) return { ...answer, absent: [], isBehind: false, unfit };
  // An id counts as absent only below the newest that the venue's REST knows: it may be seconds
  // behind the stream.
  const isProven = hole.to - 1n <= reported.highest;
  const newest = isProven
    ? reported.highest
    : ((await hosts.fetch(venue, venue.newestTrade(hole.symbol), "repair", signal))?.lastOrd ??
      -1n);
  return {
    ...answer,
    absent: reported.absentUpTo(newest),
    isBehind: newest < hole.to - 1n,
    unfit,
  };
}

function unfitness({ trades, refused }: TradePage, kind: TradeKind): Unfit | null {
  const [first] = refused;
  if (first !== undefined) {
    const reason = `a trade of the venue is not usable (${first.reason}): ${first.detail}`;
    return { reason, passes: refused.every(({ isAhead }) => isAhead === true) };
  }
  return trades.some((trade) => trade.kind !== kind)
    ? {
        reason: `the market holds ${kind} trades, and the venue's history has others`,
        passes: false,
      }
    : null;
}
