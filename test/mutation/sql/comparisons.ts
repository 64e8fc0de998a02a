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
      [
        "c.updated_at > coalesce($3::timestamptz, r.compared_at) - $5 * interval '1 millisecond'",
        "false",
      ],
      [
        "coalesce($3::timestamptz, r.compared_at) - $5",
        "coalesce($3::timestamptz, r.compared_at) + $5",
      ],
      [" AND d.state <> 'resolved'", ""],
      ["d.version <> coalesce(c.version, 0)\n    OR ", ""],
      [
        "\n    OR d.state = 'suspected' AND d.compared_at < now() - $4 * interval '1 millisecond'",
        "",
      ],
      [" AND d.compared_at < now() - $4 * interval '1 millisecond'", ""],
      ["compared = r.compared - g.times", "compared = r.compared"],
    ],
  },
];
