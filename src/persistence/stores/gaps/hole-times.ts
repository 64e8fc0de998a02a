/**
 * SQL expressions for the exchange times of the trades before and behind a hole in the market `m`.
 * Null where that trade was dropped; the next stored one may be days away.
 *
 * @param from SQL of the hole's first id
 * @param to SQL of its end (exclusive)
 */
export function timesAround(from: string, to: string): { after: string; before: string } {
  const time = (is: string, order: "" | " DESC"): string =>
    `(SELECT t.time FROM trade t WHERE t.market_id = m.id AND t.ord ${is} AND t.time <= m.last_trade ORDER BY t.ord${order} LIMIT 1)`;
  return {
    after: time(`< ${from}`, " DESC"),
    before: `CASE WHEN ${to} < upper(m.dropped) THEN NULL ELSE ${time(`>= ${to}`, "")} END`,
  };
}
