/** A mutant that no test can notice, since the program does the same. */
interface Equivalent {
  file: string;
  /** The whole line, without the spaces around it; of SQL, the text that is replaced. */
  line: string;
  /** Of several mutants of a line: the part that is replaced. */
  was?: string;
  /** What stands in its place. */
  became: string;
  reason: string;
}

const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: "src/persistence/merge/write-statement.ts",
    line: "closed = c.closed OR EXCLUDED.closed",
    became: "closed = EXCLUDED.closed",
    reason: "The clock that has closed it never goes back.",
  },
  {
    file: "src/domain/decimal.ts",
    line: 'const [integer = "", fraction = ""] = (negative ? text.slice(1) : text).split(".");',
    became: '"Stryker was here!"',
    reason: "Of the first part, which is always there.",
  },
  {
    file: "src/domain/decimal.ts",
    line: "const hundredths = (scaled + (scaled < 0n ? -5n : 5n)) / 10n;",
    became: "scaled <= 0n",
    reason: "±5n / 10n are both 0.",
  },
  {
    file: "src/domain/decimal.ts",
    line: 'const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");',
    became: "hundredths <= 0n",
    reason: "-0n is 0n.",
  },
  ...["true", "false", "a.from >= b.from", "a.from <= b.from"].map((became) => ({
    file: "src/domain/ranges.ts",
    line: ".sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));",
    was: "a.from > b.from",
    became,
    reason: "Ranges that begin together are joined in either order.",
  })),
  {
    file: "src/domain/ranges.ts",
    line: ".sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));",
    was: "a.from < b.from",
    became: "a.from <= b.from",
    reason: "Ranges that begin together are joined in either order.",
  },
  {
    file: "src/domain/ranges.ts",
    line: "const from = a.from > b.from ? a.from : b.from;",
    became: "a.from >= b.from",
    reason: "Of equals, either.",
  },
  {
    file: "src/domain/ranges.ts",
    line: "const to = a.to < b.to ? a.to : b.to;",
    became: "a.to <= b.to",
    reason: "Of equals, either.",
  },
  {
    file: "src/domain/ranges.ts",
    line: "else if (to > last.to) last.to = to;",
    became: "to >= last.to",
    reason: "Of equals, either.",
  },
  {
    file: "src/domain/ranges.ts",
    line: "const to = other.from < whole.to ? other.from : whole.to;",
    became: "other.from <= whole.to",
    reason: "Of equals, either.",
  },
  {
    file: "src/domain/ranges.ts",
    line: "if (other.to > from) from = other.to;",
    became: "other.to >= from",
    reason: "Of equals, either.",
  },
  ...["true", "ord.length >= 17"].map((became) => ({
    file: "src/domain/trade.ts",
    line: "(ord.length > 17 && BigInt(ord) + BigInt(count) >= MAX_ORD)",
    was: "ord.length > 17",
    became,
    reason: "Spares BigInt for shorter ones, which are below the limit.",
  })),
  ...[
    'if (convention.open === "first trade") return { expected: own, unknown: [] };',
    "return { expected, unknown: [] };",
    'return { expected, unknown: convention.empty === "flat" ? [] : PRICES };',
  ].map((line) => ({
    file: "src/recovery/reconciliation/comparison.ts",
    line,
    became: '["Stryker was here"]',
    reason: "No field has that name.",
  })),
  ...["before >= ours", "before <= ours"].map((became) => ({
    file: "src/recovery/reconciliation/comparison.ts",
    line: 'return field === "high" ? before > ours : before < ours;',
    became,
    reason: "Of equals, either.",
  })),
  {
    file: "src/recovery/reconciliation/plan.ts",
    line: "const isShort = width > 0 && width < DAY_MS;",
    became: "width <= DAY_MS",
    reason: "A day has one candle of a day.",
  },
  {
    file: "src/recovery/reconciliation/plan.ts",
    line: "for (let at = openTimeOf(step, window.from); at < window.to; at = nextOpenTime(step, at)) {",
    became: "at <= window.to",
    reason: "What opens at the end of the window does not close within it.",
  },
  {
    file: "src/recovery/repair/gap-log.ts",
    line: "private windowStart = -Infinity;",
    became: "+Infinity",
    reason: "The first line sets it, and there is nothing to sum up before.",
  },
  {
    file: "src/recovery/repair/repair-verdict.ts",
    line: "const progressed = gap.missing !== null && missing < gap.missing;",
    was: "gap.missing !== null",
    became: "true",
    reason: "Nothing is below null.",
  },
  {
    file: "src/recovery/repair/repair-verdict.ts",
    line: '? retry("proven", { outcome: null, consecutive: 0 }, timing, null)',
    became: "{}",
    reason: "No other outcome is counted.",
  },
  {
    file: "src/recovery/repair/reported-ids.ts",
    line: "if (last > this.highest) this.highest = last;",
    became: "last >= this.highest",
    reason: "Of equals, either.",
  },
  {
    file: "src/persistence/recorder/mark-unwatched.sql",
    line: "$2::int8multirange - blind AS fresh",
    became: "$2::int8multirange AS fresh",
    reason:
      "Spares reading candles that are left out anyway, since their time was unwatched before.",
  },
  {
    file: "src/persistence/stores/gaps/sweep-gaps.sql",
    line: " AND ids = 'dense'",
    became: "",
    reason: "No id of another market is ever covered, and what covers nothing is left out.",
  },
  {
    file: "src/persistence/stores/gaps/sweep-gaps.sql",
    line: "WHERE g.state NOT IN ('repaired', 'void') GROUP BY 1",
    became: "GROUP BY 1",
    reason: "What has ended is covered or void, which it stays: it is not missing again.",
  },
];

/** @param line as of `Equivalent` */
export function isEquivalent(file: string, line: string, was: string, became: string): boolean {
  return EQUIVALENTS.some(
    (known) =>
      known.file === file &&
      known.line === line &&
      (known.was ?? was) === was &&
      known.became === became,
  );
}
