import type { Statement } from "../statements.js";

const SUITES = [
  "test/persistence/stored-intervals.spec.ts",
  "test/persistence/any-setting.spec.ts",
];

/** Candles of intervals that were not stored for a while. */
export const REBUILD: readonly Statement[] = [
  {
    name: "mark-unbuilt",
    file: "src/persistence/merge/mark-unbuilt.sql",
    suites: SUITES,
    mutants: [
      ["(upper(x) - 1) / 86400000 * 86400000 + 86400000", "upper(x) / 86400000 * 86400000"],
      [
        "c.open_time >= lower(p.times) AND c.open_time < upper(p.times)",
        "c.open_time = lower(p.times)",
      ],
      [
        "INSERT INTO stale_candle AS k SELECT * FROM stale",
        "INSERT INTO stale_candle AS k SELECT * FROM stale LIMIT 0",
      ],
      ["c.open_time >= upper(p.times) AND c.open_time < p.midnight", "c.open_time >= p.midnight"],
      ["SET times = u.times + EXCLUDED.times", "SET times = EXCLUDED.times"],
    ],
  },
  {
    name: "rebuild-statement",
    file: "src/persistence/rebuild/rebuild-statement.ts",
    suites: SUITES,
    mutants: [
      ["  SELECT s.*, true FROM stale_candle s", "  SELECT s.*, false FROM stale_candle s"],
      ['  DELETE FROM stale_candle s WHERE ${span("s")}', "  SELECT 1"],
      ["coalesce(n.version, 0) + 1", "1"],
      ["coalesce(n.revision, 0) + (n.was_closed AND n.differs)::integer", "0"],
      ["n.was_closed OR n.close_time < n.clock", "n.was_closed"],
      ["WHERE n.stale OR n.differs", "WHERE n.stale"],
      ["WHERE n.stale OR n.differs", "WHERE true"],
      ["n.trades - p.trades, p.open, p.high", "n.trades, p.open, p.high"],
      ["WHERE n.was_closed AND n.differs\n", "WHERE n.differs\n"],
      ["WHERE n.version IS NOT NULL OR n.close_time >= n.clock - 60000", "WHERE false"],
      [
        "min(ARRAY[c.open_ms, c.open_ord, c.open]) AS first",
        "min(ARRAY[c.open_ms, c.open, c.open]) AS first",
      ],
      [
        "max(c.high) AS high, min(c.low) AS low, sum(c.volume)",
        "min(c.high) AS high, min(c.low) AS low, sum(c.volume)",
      ],
      ["max(c.id_to) AS id_to", "min(c.id_to) AS id_to"],
      [
        'AND time >= ${slot("from")} AND time < ${slot("to")}',
        'AND time > ${slot("from")} AND time < ${slot("to")}',
      ],
      [
        'c.open_time >= ${slot("from")} AND c.open_time < ${slot("to")}\n',
        'c.open_time > ${slot("from")} AND c.open_time < ${slot("to")}\n',
      ],
    ],
  },
  {
    name: "rebuild-step",
    file: "src/persistence/rebuild/rebuild-step.ts",
    suites: SUITES,
    mutants: [
      ["(u.times + u.requested) && int8range($3, $4) IS NOT TRUE AS whole", "true AS whole"],
      [
        "(u.times - u.given_up + u.requested) && int8range($3, $4) IS TRUE AND s.interval IS NOT NULL",
        "false",
      ],
      ["ORDER BY whole DESC, place", "ORDER BY whole, place"],
      ["isempty(times) AND isempty(requested)", "isempty(times)"],
      ["SET given_up = given_up + times *", "SET given_up = given_up - times *"],
    ],
  },
];
