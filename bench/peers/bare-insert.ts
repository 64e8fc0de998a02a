import pg from "pg";
import { tradeColumns } from "../../src/persistence/merge/write-batch.js";
import type { TradesAlone } from "../writes/trades-alone.js";

const INSERT = `INSERT INTO trade (market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at)
  SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::integer[],
    $8::taker_side[], $9::boolean[], $10::trade_source[], $11::bigint[])
  ON CONFLICT DO NOTHING`;

/**
 * The fastest statement that stores trades and ignores duplicates: one per batch, a parameter for
 * each column. No candles, no coverage, and no result that says which trades were new.
 */
export async function openBareInsert(url: string): Promise<TradesAlone> {
  const client = new pg.Client(url);
  await client.connect();
  return {
    store: async (trades, markets) => {
      await client.query({
        name: "bare-insert",
        text: INSERT,
        values: Object.values(tradeColumns(trades, markets)),
      });
    },
    close: () => client.end(),
  };
}
