import type { Statement } from "../statements.js";

/** Candles whose completeness changes with what is known around them. */
export const EDGES: readonly Statement[] = [
  {
    name: "bump-edge-candles",
    file: "src/persistence/merge/bump-edge-candles.sql",
    suites: [
      "test/persistence/dropped-edges.spec.ts",
      "test/persistence/void-edges.spec.ts",
      "test/persistence/gaps.spec.ts",
      "test/persistence/closing.spec.ts",
      "test/persistence/announcements.spec.ts",
    ],
    mutants: [
      ["t.ord < p.id_from ORDER BY t.ord DESC", "t.ord < p.id_from ORDER BY t.ord"],
      ["t.ord >= p.id_to ORDER BY t.ord LIMIT", "t.ord > p.id_to ORDER BY t.ord LIMIT"],
      ["CASE WHEN t.id_to < upper(t.dropped) THEN d.close_time ELSE t.after END", "t.after"],
      ["coalesce(a.before, d.open_time)", "a.before"],
      ["least(coalesce(a.before, d.open_time), a.after)", "a.after"],
      ["greatest(a.before, a.after, d.open_time)", "coalesce(a.before, d.open_time)"],
      ["a.before IS NULL AND ", ""],
      ["ORDER BY c.open_time DESC LIMIT 1", "ORDER BY c.open_time LIMIT 1"],
      ["c.close_time >= piece.first", "c.close_time > piece.last"],
      ["BETWEEN piece.first - s.width AND piece.last", "BETWEEN piece.first AND piece.last"],
      ["SET version = c.version + 1", "SET version = c.version"],
      ["WHERE closed OR $6", "WHERE closed"],
      ["WHERE closed OR $6", "WHERE $6"],
    ],
  },
  {
    name: "mark-unwatched",
    file: "src/persistence/recorder/mark-unwatched.sql",
    suites: ["test/persistence/unwatched-times.spec.ts"],
    mutants: [
      ["$2::int8multirange - blind AS fresh", "$2::int8multirange AS fresh"],
      ["market.blind + m.fresh", "m.fresh"],
      ["c.close_time >= lower(piece)", "c.close_time >= upper(piece)"],
      ["c.open_time >= lower(piece) - s.longest", "c.open_time >= lower(piece)"],
      ["c.open_time < upper(piece)", "c.open_time < lower(piece)"],
      ["      AND NOT m.old && int8range(c.open_time, c.close_time + 1)\n", ""],
      ["SET version = c.version + 1", "SET version = c.version"],
    ],
  },
];
