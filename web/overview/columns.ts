import { compareDecimals } from "../frame/decimal-text.js";
import { CONDITIONS } from "../frame/feed-condition.js";
import type { Entry } from "./entry.js";

export type ColumnKey =
  | "market"
  | "last"
  | "change"
  | "high"
  | "low"
  | "volume"
  | "turnover"
  | "trades"
  | "complete"
  | "feed";

export interface Column {
  key: ColumnKey;
  label: string;
  /** Exact meaning of the figures. */
  title: string;
  /** Below zero: `a` comes first in ascending order. The caller puts undefined values last. */
  compare: (a: Entry, b: Entry) => number;
  /** False when the row has nothing to compare. */
  has: (entry: Entry) => boolean;
  /** Direction of the first click on the heading. */
  descendingFirst: boolean;
}

type Figure = "last" | "high" | "low" | "volume" | "quoteVolume";

function decimalColumn(key: ColumnKey, label: string, title: string, figure: Figure): Column {
  return {
    key,
    label,
    title,
    compare: (a, b) => compareDecimals(a.ticker?.[figure] ?? "0", b.ticker?.[figure] ?? "0"),
    has: ({ ticker }) => ticker !== undefined,
    descendingFirst: true,
  };
}

const CONDITION_ORDER = Object.keys(CONDITIONS);

export const COLUMNS: readonly Column[] = [
  {
    key: "market",
    label: "Market",
    title: "Symbol and venue",
    compare: (a, b) => byName(a.symbol, b.symbol) || byName(a.venue, b.venue),
    has: () => true,
    descendingFirst: false,
  },
  decimalColumn("last", "Last", "Price of the newest trade", "last"),
  {
    key: "change",
    label: "24 h",
    title: "Change of the price within the 24 h up to the newest trade",
    compare: (a, b) =>
      compareDecimals(a.ticker?.changePercent ?? "0", b.ticker?.changePercent ?? "0"),
    has: ({ ticker }) => (ticker?.changePercent ?? null) !== null,
    descendingFirst: true,
  },
  decimalColumn("high", "High", "Highest price within the 24 h up to the newest trade", "high"),
  decimalColumn("low", "Low", "Lowest price within the 24 h up to the newest trade", "low"),
  decimalColumn(
    "volume",
    "Volume",
    "Traded within the 24 h up to the newest trade, in the base currency",
    "volume",
  ),
  decimalColumn(
    "turnover",
    "Turnover",
    "Traded within the 24 h up to the newest trade, in the quote currency",
    "quoteVolume",
  ),
  {
    key: "trades",
    label: "Trades/min",
    title: "Raw trades a minute, over the last minutes",
    compare: (a, b) => (a.ticker?.tradesPerMinute ?? 0) - (b.ticker?.tradesPerMinute ?? 0),
    has: ({ ticker }) => ticker !== undefined,
    descendingFirst: true,
  },
  {
    key: "complete",
    label: "Complete",
    title: "Whether the 24 h up to the newest trade hold every trade; gaps go first",
    compare: (a, b) => gapsFirst(a) - gapsFirst(b),
    has: ({ ticker }) => ticker !== undefined,
    descendingFirst: false,
  },
  {
    key: "feed",
    label: "Feed",
    title: "State of the market's feed; trouble goes first",
    compare: (a, b) => severity(b) - severity(a),
    has: () => true,
    descendingFirst: false,
  },
];

export function columnOf(key: string): Column | undefined {
  return COLUMNS.find((column) => column.key === key);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function gapsFirst({ ticker }: Entry): number {
  const complete = ticker?.complete ?? null;
  return complete === false ? 0 : complete === null ? 1 : 2;
}

function severity({ condition }: Entry): number {
  return CONDITION_ORDER.indexOf(condition);
}
