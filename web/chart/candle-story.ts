import type { RevisionReason, TradedField } from "../../src/domain/revision.js";
import type { Trade, TradeSource } from "../../src/domain/trade.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import type { CandleRevision } from "../../src/persistence/stores/candles/revision-store.js";
import { grouped } from "../frame/decimal-text.js";
import { timeText } from "../frame/time-text.js";
import { FIELD_NAMES } from "./revision-text.js";

export interface Fact {
  name: string;
  text: string;
  /** Something is missing or wrong. */
  warns?: boolean;
}

/** Maximum of gaps or unwatched times listed. */
const MAX_LISTED = 3;

/** The evidence for and against a candle, in whole sentences. */
export function factsOf(explanation: CandleExplanation, zone: string): Fact[] {
  const { firstTrade, lastTrade } = explanation;
  return [
    recomputed(explanation, zone),
    completeness(explanation, zone),
    reconciled(explanation, zone),
    { name: "Trades", text: tradesText(explanation) },
    { name: "Sources", text: sourcesText(explanation) },
    { name: "First", text: tradeText(firstTrade, zone) },
    { name: "Last", text: tradeText(lastTrade, zone) },
  ].filter(({ text }) => text !== "");
}

function recomputed(
  { recomputation, candle, droppedBefore }: CandleExplanation,
  zone: string,
): Fact {
  const name = "Recomputed";
  switch (recomputation.outcome) {
    case "equal":
      return {
        name,
        text: "From its stored trades: the same in every field.",
      };
    case "differs":
      return {
        name,
        warns: true,
        text: `From its stored trades, it differs: ${recomputation.differences
          .map(
            ({ field, stored, recomputed }) =>
              `${FIELD_NAMES[field]} ${shown(field, stored)}, should be ${shown(field, recomputed)}`,
          )
          .join("; ")}.`,
      };
    case "trades_dropped":
      return {
        name,
        text: `No longer possible: trades before ${timeText(droppedBefore ?? candle.openTime, zone)} were dropped by retention. The candle is kept as they made it.`,
      };
    case "too_many_trades":
      return {
        name,
        text: "It has too many trades for this page; the command verify recomputes it.",
      };
  }
}

function completeness({ candle, ids, blind }: CandleExplanation, zone: string): Fact {
  const name = "Complete";
  switch (candle.complete) {
    case true:
      return {
        name,
        text: `Every trade is recorded${idsText(candle)}, and so are the trades directly before and after.`,
      };
    case false:
      return {
        name,
        warns: true,
        text: ids === null ? unwatchedText(blind, zone) : gapsText(ids),
      };
    case null:
      return {
        name,
        text:
          ids === null
            ? "Cannot be known: this market's ids do not count its trades."
            : "Cannot be known: nothing older is recorded, so it may have begun earlier.",
      };
  }
}

function gapsText({ gaps, counts }: NonNullable<CandleExplanation["ids"]>) {
  const many = `${grouped(String(counts.gaps))} gaps`;
  const spans = gaps.slice(0, MAX_LISTED).map(({ fromId, toId }) => `${fromId} to ${toId}`);
  if (counts.gaps > MAX_LISTED) spans.push("…");
  return `${counts.gaps === 1 ? "A gap" : many} in or beside its ids: ${spans.join(", ")}.`;
}

function unwatchedText(blind: CandleExplanation["blind"], zone: string): string {
  const spans = blind
    .slice(0, MAX_LISTED)
    .map(({ from, to }) => `${timeText(from, zone, "second")} to ${timeText(to, zone, "second")}`);
  if (blind.length > MAX_LISTED) spans.push("…");
  return `No process followed this market from ${spans.join(", ")}: trades may be missing.`;
}

function reconciled({ candle, reconciliation }: CandleExplanation, zone: string): Fact {
  const name = "Exchange";
  if (reconciliation === null) return { name, text: "" };
  const when = `compared ${timeText(reconciliation.comparedAt, zone)}`;
  switch (reconciliation.outcome) {
    case "match":
      return { name, text: `Its own candle is the same, ${when}.` };
    case "missing_here":
    case "missing_there":
      return {
        name,
        warns: true,
        text: `${reconciliation.outcome === "missing_there" ? "It has no such candle" : "It had trades where Tapeline had none"}, ${when}.`,
      };
    case "differs": {
      const values = (reconciliation.difference?.fields ?? [])
        .filter(({ judged }) => judged)
        .map(
          ({ field, ours, theirs }) =>
            `${FIELD_NAMES[field]} ${shown(field, theirs)}, not ${shown(field, ours)}`,
        );
      const why = candle.complete === false ? " Missing trades explain it." : "";
      return {
        name,
        warns: true,
        text: `Its own candle differs, ${when}: ${values.join("; ")}.${why}`,
      };
    }
  }
}

function idsText({ firstTradeId, lastTradeId }: CandleExplanation["candle"]) {
  return firstTradeId === null ? "" : ` (ids ${firstTradeId} to ${lastTradeId})`;
}

function tradesText({ candle, stored }: CandleExplanation): string {
  const all = grouped(String(candle.trades));
  if (stored === null) return all;
  const { rows, trades, offBookTrades } = stored;
  const parts = [all];
  if (trades - offBookTrades !== candle.trades)
    parts.push(`${grouped(String(trades - offBookTrades))} of them still stored`);
  if (rows !== trades) parts.push(`stored in ${grouped(String(rows))} rows`);
  if (offBookTrades > 0)
    parts.push(`and ${grouped(String(offBookTrades))} off the book, which do not count`);
  return parts.join(", ");
}

const SOURCES: Record<TradeSource, string> = {
  live: "live",
  replay: "from a replay",
  simulated: "from the simulator",
  posted: "posted",
  repair: "by repair",
  backfill: "by backfill",
};

function sourcesText({ stored }: CandleExplanation): string {
  return (stored?.sources ?? [])
    .map(({ source, trades }) => `${grouped(String(trades))} ${SOURCES[source]}`)
    .join(", ");
}

function tradeText(trade: Trade | null, zone: string): string {
  if (trade === null) return "";
  const { id, time, price, amount, takerSide } = trade;
  const side = takerSide === "unknown" ? "" : `, taker ${takerSide}s`;
  return `${timeText(time, zone, "second")}: ${grouped(amount)} at ${grouped(price)}${side} (id ${id})`;
}

const REASONS: Record<RevisionReason, string> = {
  late: "the venue sent a trade late",
  repair: "a missing trade was fetched",
  backfill: "history was loaded",
  replay: "a recording was replayed",
  posted: "a trade was posted",
  rebuild: "it was built anew",
};

/** The reasons, and the number of trades added. */
export function revisionHead({ reasons, trades }: CandleRevision): string {
  const why = reasons.map((reason) => REASONS[reason]).join(", ");
  return `${why}: ${trades === 1 ? "1 trade" : `${grouped(String(trades))} trades`} more`;
}

export function changeText({ field, before, after }: CandleRevision["changes"][number]): string {
  return `${FIELD_NAMES[field]} ${before === null ? "" : `${shown(field, before)} → `}${shown(field, after)}`;
}

function shown(field: TradedField, value: string | null): string {
  if (value === null) return "nothing";
  return field === "firstTradeId" || field === "lastTradeId" ? value : grouped(value);
}

/** How often a candle has changed since it closed. */
export function revisionsHead(revision: number, newest: readonly CandleRevision[]): string {
  if (revision === 0) return "Not revised since it closed";
  if (revision > 1) return `Revised ${revision} times after it closed`;
  const isMade = newest[0]?.changes.every(({ before }) => before === null);
  return isMade === true
    ? "Made after its end, and not revised since"
    : "Revised once after it closed";
}
