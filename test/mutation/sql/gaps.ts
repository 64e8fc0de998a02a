import type { Statement } from "../statements.js";

/** The ledger of gaps. */
export const GAPS: readonly Statement[] = [
  {
    name: "sweep-gaps",
    file: "src/persistence/stores/gaps/sweep-gaps.sql",
    suites: [
      "test/persistence/gaps.spec.ts",
      "test/persistence/gap-retention.spec.ts",
      "test/persistence/dropped-edges.spec.ts",
      "test/recovery/repair.spec.ts",
    ],
    mutants: [
      [" - covered - void AS missing", " - covered AS missing"],
      [" AND ids = 'dense'", ""],
      ["WHERE g.state NOT IN ('repaired', 'void') GROUP BY 1", "GROUP BY 1"],
      ["m.missing - coalesce(k.ids, '{}')", "m.missing"],
      ["ORDER BY lower(h) LIMIT $2", "ORDER BY lower(h) DESC LIMIT $2"],
      [" LIMIT $2", ""],
      [
        "t.ord < f.id_from AND t.time <= f.last_trade ORDER BY t.ord DESC",
        "t.ord < f.id_from AND t.time <= f.last_trade ORDER BY t.ord",
      ],
      ["t.ord >= f.id_to AND", "t.ord > f.id_to AND"],
      ["CASE WHEN f.id_to < upper(f.dropped) THEN NULL", "CASE WHEN false THEN NULL"],
      ["CASE WHEN v.ids = g.id_to - g.id_from THEN 'void' ELSE 'repaired' END", "'repaired'"],
      ["CASE WHEN v.ids = g.id_to - g.id_from", "CASE WHEN v.ids > 0"],
      ["filled = g.id_to - g.id_from - v.ids", "filled = g.id_to - g.id_from"],
      ["reason = NULL, absent = '{}'", "reason = NULL"],
      ["o.state NOT IN ('repaired', 'void') AND ", ""],
      ["AND NOT m.missing && int8range(o.id_from, o.id_to)", ""],
      ["(max(n.id_to) - 1)::text", "(max(n.id_to))::text"],
      ["sum(n.id_to - n.id_from)::text", "count(*)::text"],
      ["sum(n.filled)::text", "'0'"],
    ],
  },
];
