import { REVISION_REASONS, TRADED_FIELDS } from "../../domain/revision.js";
import { TRADE_SOURCES } from "../../domain/trade.js";
import {
  type Schema,
  count,
  flag,
  listOf,
  nullable,
  object,
  oneOf,
  reference,
  text,
  time,
} from "../../http/schema-parts.js";
import type { CandleExplanation } from "../../persistence/stores/candles/explanation-store.js";
import type { RevisedCandle } from "../../persistence/stores/candles/revised-candle-store.js";
import type {
  CandleRevision,
  FieldChange,
} from "../../persistence/stores/candles/revision-store.js";

type CandleIds = NonNullable<CandleExplanation["ids"]>;
type StoredTrades = NonNullable<CandleExplanation["stored"]>;
type Recomputation = CandleExplanation["recomputation"];

const field = oneOf("Field of the candle", TRADED_FIELDS);
const source = oneOf("Where trades came from", TRADE_SOURCES);

const reasons = listOf(
  oneOf(
    "late: the venue sent a trade after the candle's end. repair: a missing trade was fetched. backfill, replay: history was loaded. posted: a trade was posted",
    REVISION_REASONS,
  ),
);

const revised = object<RevisedCandle>({
  openTime: time("First ms of the bucket", 1723161600000),
  revision: count("Number of the newest one", 1),
  at: time("When it was stored", 1723161723456),
  reasons,
});

const revision = object<CandleRevision>({
  revision: count("Number of the change, from 1", 1),
  at: time("When it was stored", 1723161723456),
  reasons,
  sources: listOf(source, "Of the trades that were added"),
  trades: count("Raw trades that were added", 2),
  changes: listOf(
    object<FieldChange>({
      field,
      before: nullable(text("Null when the candle had no trade before its end", "61704")),
      after: text("Exact, as text", "61710.5"),
    }),
    "What differs",
  ),
});

const span = object<CandleIds["held"][number]>({
  fromId: text("First raw id", "3721061031"),
  toId: text("Last raw id", "3721062842"),
});

const ids = object<CandleIds>(
  {
    held: listOf(span, "Ranges of recorded ids that overlap the candle or are adjacent to it"),
    void: listOf(span, "Ids for which the venue has confirmed that it has no trade"),
    gaps: listOf(reference("Gap"), "Ids that are missing"),
    counts: object<CandleIds["counts"]>(
      {
        held: count("Ranges of recorded ids", 1),
        void: count("Ranges of ids without a trade", 0),
        gaps: count("Gaps", 0),
      },
      "How many there are in all; the lists hold the first 100",
    ),
  },
  "Recorded and missing ids of the candle and directly beside it; null on markets whose ids are not dense",
);

const stored = object<StoredTrades>(
  {
    rows: count("Trades as the venue sent them", 702),
    trades: count("Raw trades that they stand for", 1812),
    aggregatedRows: count("Rows that stand for more than one", 311),
    offBookRows: count("Rows that venues' candles leave out", 0),
    offBookTrades: count("Raw trades that venues' candles leave out", 0),
    sources: listOf(
      object<StoredTrades["sources"][number]>({
        source,
        rows: count("Rows", 702),
        trades: count("Raw trades", 1812),
      }),
      "By source",
    ),
  },
  "Stored trades of the candle's time; null if there are none, or too many to be read",
);

const recomputation = object<Recomputation>({
  outcome: oneOf(
    "trades_dropped: retention has dropped some or all. too_many_trades: more than 1,000,000; the command verify recomputes these, too",
    ["equal", "differs", "trades_dropped", "too_many_trades"],
  ),
  differences: listOf(
    object<Recomputation["differences"][number]>({
      field,
      stored: nullable(text("In the candle", "61704")),
      recomputed: nullable(text("From its trades", "61710.5")),
    }),
    "Empty unless it differs",
  ),
});

const trade = (description: string): Schema => ({
  ...nullable({}),
  allOf: [reference("Trade")],
  description: `${description}; null when retention has dropped it`,
});

const explanation = object<CandleExplanation>({
  candle: reference("Candle"),
  firstTrade: trade("First trade by (time, ord)"),
  lastTrade: trade("Last trade by (time, ord)"),
  droppedBefore: nullable(
    time("Exchange time before which its trades were dropped by retention; null: all are kept"),
  ),
  stored: nullable(stored),
  ids: nullable(ids),
  blind: listOf(
    object<CandleExplanation["blind"][number]>({
      from: time("Begin", 1723161612000),
      to: time("End, exclusive", 1723161634000),
    }),
    "Times within the candle in which no process followed the market: why a candle is not complete where ids are not dense. The first 100",
  ),
  revisions: listOf(reference("Revision"), "The newest 20, ascending"),
  recomputable: flag("Whether all of its trades are kept", true),
  recomputation,
  reconciliation: {
    ...nullable({}),
    allOf: [reference("CandleReconciliation")],
    description:
      "Comparison with the venue's own candle; null when its current version was not compared",
  },
});

export const EXPLANATION_SCHEMAS: Record<string, Schema> = {
  Revision: revision,
  RevisedCandle: revised,
  Explanation: explanation,
};
