import type { Statement } from "../statements.js";

/** Candles computed again from stored trades. */
export const RECOUNTS: readonly Statement[] = [
  {
    name: "verify",
    file: "src/persistence/merge/verify.sql",
    suites: ["test/persistence/verify.spec.ts"],
    mutants: [
      ["array_agg(price ORDER BY time, ord, price)", "array_agg(price ORDER BY ord)"],
      ["ORDER BY time DESC, ord DESC, price DESC", "ORDER BY time DESC"],
      [" AND NOT off_book GROUP BY 1", " GROUP BY 1"],
      ["sum(CASE taker_side WHEN 'buy' THEN amount ELSE 0 END)", "sum(amount)"],
      ["sum(price * count) AS price_sum", "sum(price) AS price_sum"],
      ["max(ord + count) AS id_to", "max(ord + 1) AS id_to"],
      ["b.open ORDER BY b.bucket)", "b.open ORDER BY b.bucket DESC)"],
      ["b.close ORDER BY b.bucket DESC)", "b.close ORDER BY b.bucket)"],
      ["FULL JOIN stored", "JOIN stored"],
      [
        "expected IS DISTINCT FROM stored OR wrong_state AS different",
        "expected IS DISTINCT FROM stored AS different",
      ],
      ["expected IS DISTINCT FROM stored OR wrong_state AS different", "wrong_state AS different"],
      ["c.close_time < m.clock) AS wrong_state", "c.close_time <= m.clock) AS wrong_state"],
      ["WHERE different AND place <= 20", "WHERE place <= 20"],
    ],
  },
  {
    name: "explain-candle",
    file: "src/persistence/stores/candles/explain-candle.sql",
    suites: ["test/api/explain.spec.ts"],
    mutants: [
      ["count(*) FILTER (WHERE count > 1) AS aggregated", "count(*) AS aggregated"],
      ["max(ord + count) AS id_to", "max(ord) AS id_to"],
      ["sum(CASE taker_side WHEN 'buy' THEN amount ELSE 0 END)", "sum(amount)"],
      ["sum(rows) FILTER (WHERE off_book)", "sum(rows)"],
      ["sum(trades) FILTER (WHERE off_book)", "sum(trades)"],
      ["ORDER BY time, ord, price LIMIT 1", "ORDER BY price LIMIT 1"],
      ["ORDER BY time DESC, ord DESC, price DESC LIMIT 1", "ORDER BY price DESC LIMIT 1"],
      ["max(high) FILTER (WHERE NOT off_book)", "max(high)"],
      ["min(low) FILTER (WHERE NOT off_book)", "min(low)"],
      ["sum(volume) FILTER (WHERE NOT off_book)", "sum(volume)"],
      ["(sum(trades) FILTER (WHERE NOT off_book))", "(sum(trades))"],
      ["FILTER (WHERE NOT off_book) - 1)::text", "FILTER (WHERE NOT off_book))::text"],
    ],
  },
];
