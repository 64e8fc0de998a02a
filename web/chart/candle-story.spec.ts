import type { Difference } from "../../src/domain/reconciliation.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import { changeText, factsOf, revisionHead, revisionsHead } from "./candle-story.js";
import { madeCandle } from "./made-candle.fixture.js";

function explained(more: Partial<CandleExplanation> = {}): CandleExplanation {
  return {
    candle: madeCandle(1),
    firstTrade: null,
    lastTrade: null,
    droppedBefore: null,
    stored: {
      rows: 120,
      trades: 120,
      aggregatedRows: 0,
      offBookRows: 0,
      offBookTrades: 0,
      sources: [
        { source: "live", rows: 118, trades: 118 },
        { source: "repair", rows: 2, trades: 2 },
      ],
    },
    ids: {
      held: [{ fromId: "1", toId: "500" }],
      void: [],
      gaps: [],
      counts: { held: 1, void: 0, gaps: 0 },
    },
    blind: [],
    revisions: [],
    recomputable: true,
    recomputation: { outcome: "equal", differences: [] },
    reconciliation: null,
    ...more,
  };
}
const fact = (name: string, of: CandleExplanation) =>
  factsOf(of, "UTC").find((each) => each.name === name);

it("states the evidence for a good candle", () => {
  const facts = factsOf(explained(), "UTC");
  expect(facts.map(({ name, text }) => `${name}: ${text}`)).toEqual([
    "Recomputed: From its stored trades: the same in every field.",
    "Complete: Every trade is recorded (ids 1 to 120), and so are the trades directly before and after.",
    "Trades: 120",
    "Sources: 118 live, 2 by repair",
  ]);
  expect(facts.some(({ warns }) => warns)).toBe(false);
});

it("warns of fields that differ, digit by digit", () => {
  const outcome = fact(
    "Recomputed",
    explained({
      recomputation: {
        outcome: "differs",
        differences: [
          { field: "high", stored: "101.5", recomputed: "1234567.000000001" },
          { field: "lastTradeId", stored: "120", recomputed: "3721062842" },
        ],
      },
    }),
  );
  expect(outcome).toEqual({
    name: "Recomputed",
    warns: true,
    text: "From its stored trades, it differs: high 101.5, should be 1,234,567.000000001; last id 120, should be 3721062842.",
  });
});

it("compares the candle with the exchange's own", () => {
  const comparedAt = Date.UTC(2024, 7, 9);
  const same = { outcome: "match", comparedAt, difference: null } as const;
  expect(fact("Exchange", explained({ reconciliation: same }))).toEqual({
    name: "Exchange",
    text: "Its own candle is the same, compared 2024-08-09 00:00:00.",
  });
  const difference: Difference = {
    market: "sim:A",
    interval: "1m",
    openTime: 60_000,
    outcome: "differs",
    fields: [
      { field: "open", ours: "1", theirs: "2", judged: false },
      { field: "volume", ours: "12.5", theirs: "1234.5", judged: true },
    ],
    state: "confirmed",
    complete: true,
    version: 3,
    foundAt: comparedAt,
    comparedAt,
  };
  const other = { outcome: "differs", comparedAt, difference } as const;
  expect(fact("Exchange", explained({ reconciliation: other }))).toEqual({
    name: "Exchange",
    warns: true,
    text: "Its own candle differs, compared 2024-08-09 00:00:00: volume 1,234.5, not 12.5.",
  });
  const gone = { outcome: "missing_there", comparedAt, difference } as const;
  expect(fact("Exchange", explained({ reconciliation: gone }))?.text).toContain("no such candle");
  expect(fact("Exchange", explained())).toBeUndefined();
});

it("states that a candle whose trades were dropped cannot be recomputed", () => {
  const dropped = explained({
    droppedBefore: Date.UTC(2024, 7, 9),
    stored: null,
    recomputable: false,
    recomputation: { outcome: "trades_dropped", differences: [] },
  });
  expect(fact("Recomputed", dropped)?.text).toContain(
    "trades before 2024-08-09 00:00:00 were dropped by retention",
  );
  expect(fact("Trades", dropped)?.text).toBe("120");
  expect(fact("Sources", dropped)).toBeUndefined();
});

it("names the gaps of an incomplete candle, and why completeness cannot be known", () => {
  const gap = (from: number) => ({
    fromId: String(from),
    toId: String(from + 1),
    ids: "2",
    afterTime: null,
    beforeTime: null,
    state: "open" as const,
    filled: null,
    voided: null,
    reason: null,
    foundAt: null,
    endedAt: null,
    attempts: 0,
  });
  const ids = {
    held: [],
    void: [],
    gaps: [gap(1), gap(5), gap(9), gap(13)],
    counts: { held: 4, void: 0, gaps: 4 },
  };
  const holed = { candle: madeCandle(1, { complete: false }), ids };
  expect(fact("Complete", explained(holed))).toEqual({
    name: "Complete",
    warns: true,
    text: "4 gaps in or beside its ids: 1 to 2, 5 to 6, 9 to 10, ….",
  });
  const blind = [{ from: 12_000, to: 34_000 }];
  expect(fact("Complete", explained({ ...holed, ids: null, blind }))?.text).toContain(
    "from 00:00:12 to 00:00:34: trades may be missing",
  );
  const unknown = { candle: madeCandle(1, { complete: null }) };
  expect(fact("Complete", explained(unknown))?.text).toContain("nothing older");
  expect(fact("Complete", explained({ ...unknown, ids: null }))?.text).toContain(
    "ids do not count its trades",
  );
});

it("distinguishes raw trades, rows and off-book trades", () => {
  const stored = {
    rows: 40,
    trades: 125,
    aggregatedRows: 30,
    offBookRows: 1,
    offBookTrades: 5,
    sources: [],
  };
  expect(fact("Trades", explained({ stored }))?.text).toBe(
    "120, stored in 40 rows, and 5 off the book, which do not count",
  );
});

it("lists a revision's reasons and changes", () => {
  const revision = {
    revision: 1,
    at: 0,
    reasons: ["late", "repair"] as const,
    sources: ["live", "repair"] as const,
    trades: 1500,
    changes: [],
  };
  expect(
    revisionHead({
      ...revision,
      reasons: [...revision.reasons],
      sources: [...revision.sources],
    }),
  ).toBe("the venue sent a trade late, a missing trade was fetched: 1,500 trades more");
  expect(changeText({ field: "volume", before: "1000", after: "1200.5" })).toBe(
    "volume 1,000 → 1,200.5",
  );
  expect(changeText({ field: "open", before: null, after: "1" })).toBe("open 1");
});

it("states how often a candle was revised, and whether it was only made late", () => {
  const revision = {
    revision: 1,
    at: 0,
    reasons: [],
    sources: [],
    trades: 1,
    changes: [{ field: "open", before: null, after: "1" } as const],
  };
  expect(revisionsHead(0, [])).toBe("Not revised since it closed");
  expect(revisionsHead(1, [{ ...revision, changes: [...revision.changes] }])).toBe(
    "Made after its end, and not revised since",
  );
  const changes = [{ field: "open", before: "2", after: "1" } as const];
  expect(revisionsHead(1, [{ ...revision, changes }])).toBe("Revised once after it closed");
  expect(revisionsHead(3, [])).toBe("Revised 3 times after it closed");
});
