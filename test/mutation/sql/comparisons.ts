import type { Statement } from "../statements.js";

const SUITES = [
  "test/persistence/comparisons.spec.ts",
  "test/recovery/reconciliation.spec.ts",
  "test/recovery/reconciliation-differences.spec.ts",
  "test/recovery/reconciliation-venues.spec.ts",
  "test/api/reconciliation.spec.ts",
] as const;

/** Comparisons with the venues' own candles. */
export const COMPARISONS: readonly Statement[] = [
  {
    name: "keep-comparisons",
    file: "src/persistence/stores/reconciliation/keep-comparisons.sql",
    suites: SUITES,
    mutants: [
      ["WHEN t.outcome = 'match' THEN 'unjudged'", "WHEN false THEN 'unjudged'"],
      ["b.state IN ('suspected', 'confirmed') AND ", ""],
      [" AND b.complete IS NOT DISTINCT FROM t.complete THEN", " THEN"],
      ["      ELSE 'suspected'", "      ELSE 'confirmed'"],
      ["open_time - open_time % 86400000", "open_time"],
      ["compared = r.compared + EXCLUDED.compared", "compared = EXCLUDED.compared"],
      ["greatest(r.compared_at, EXCLUDED.compared_at)", "r.compared_at"],
      ["CASE WHEN d.state = 'resolved' THEN now() ELSE d.found_at END", "d.found_at"],
      ["CASE WHEN d.state = 'resolved' THEN now() ELSE d.found_at END", "now()"],
      [" AND b.state <> 'resolved'\n", "\n"],
      ['    AND NOT EXISTS (SELECT FROM difference t WHERE t."openTime" = b.open_time)\n', ""],
      ["WHERE was IS DISTINCT FROM state", "WHERE true"],
      ["state = EXCLUDED.state, complete", "complete"],
    ],
  },
  {
    name: "reopen-comparisons",
    file: "src/persistence/stores/reconciliation/reopen-comparisons.sql",
    suites: SUITES,
    mutants: [
      ["r.day >= $2", "r.day > $2"],
      ["c.open_time < r.day + 86400000", "c.open_time < r.day"],
      ["r.compared @> c.open_time AND c.updated_at", "false AND c.updated_at"],
      ["END - $5", "END + $5"],
      ["least($3, now() - $6 * interval '1 millisecond')", "$3"],
      ["r.compared_at <= now() THEN", "true THEN"],
      ["ELSE '-infinity'", "ELSE r.compared_at"],
      [" AND d.state <> 'resolved'", ""],
      ["d.version <> coalesce(c.version, 0)\n    OR ", ""],
      [
        "\n    OR d.state = 'suspected' AND NOT d.compared_at BETWEEN now() - $4 * interval '1 millisecond' AND now()",
        "",
      ],
      [" AND NOT d.compared_at BETWEEN now() - $4 * interval '1 millisecond' AND now()", ""],
      ["AND now()\n)", "AND 'infinity'\n)"],
      ["compared = r.compared - g.times", "compared = r.compared"],
    ],
  },
];
