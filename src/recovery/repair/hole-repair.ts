import type { IdRange } from "../../domain/ranges.js";
import type { TradeKind } from "../../domain/trade.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type {
  SymbolHole,
  RestRequest,
  TradePage,
  Venue,
} from "../../venues/venue.js";
import { ReportedIds } from "./reported-ids.js";

/** How asking for one hole ended, when the venue answered. */
export interface HoleAnswer {
  trades: number;
  /** Ids without a trade, all below the newest that the venue knows. */
  absent: IdRange[];
  /** Ids that it told nothing of. */
  unreported: bigint;
  /** It told something. */
  hasReported: boolean;
  /** It does not know of the hole's last ids yet. */
  isBehind: boolean;
  /** Why trades that it told cannot be stored. */
  unfit: string | null;
}

/**
 * Asks a venue for the trades of a hole, page by page, and sends each page on before the next: what was sent stays sent
 * when the rest fails. Resolves when all of them are in the log. Rejects with a VenueError, a TransportError, or the
 * signal's reason.
 */
export async function fetchHole(
  { venue, hole, kind }: { venue: Venue; hole: SymbolHole; kind: TradeKind },
  hosts: VenueHosts,
  transport: Transport,
  signal: AbortSignal,
): Promise<HoleAnswer> {
  const told = new ReportedIds(hole);
  const sender = new BulkSender(transport, signal);
  let trades = 0;
  let unfit: string | null = null;
  let question: RestRequest<TradePage> | undefined =
    venue.repair.kind === "by id"
      ? venue.repair.begin(hole, "repair")
      : undefined;
  while (question !== undefined && unfit === null) {
    const page: TradePage = await hosts.ask(venue, question, "repair", signal);
    unfit = unfitness(page, kind);
    if (unfit !== null) break;
    for (const trade of page.trades) sender.add(trade);
    trades += page.trades.length;
    await sender.flush();
    told.add(page.told, page.trades);
    question = page.next;
  }
  await sender.finish();
  const answer = {
    trades,
    unreported: told.unreported,
    hasReported: told.unreported < hole.to - hole.from,
  };
  if (unfit !== null) return { ...answer, absent: [], isBehind: false, unfit };
  // Only what the venue knows can it have no trade for: its REST may be seconds behind its stream.
  const isProven = hole.to - 1n <= told.highest;
  const newest = isProven
    ? told.highest
    : ((
        await hosts.ask(venue, venue.newestTrade(hole.symbol), "repair", signal)
      )?.lastOrd ?? -1n);
  return {
    ...answer,
    absent: told.absentUpTo(newest),
    isBehind: newest < hole.to - 1n,
    unfit,
  };
}

function unfitness(
  { trades, refused }: TradePage,
  kind: TradeKind,
): string | null {
  const [first] = refused;
  if (first !== undefined)
    return `a trade of the venue is not usable (${first.reason}): ${first.detail}`;
  return trades.some((trade) => trade.kind !== kind)
    ? `the market holds ${kind} trades, and the venue tells others of the past`
    : null;
}
