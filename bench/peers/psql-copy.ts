import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

const run = promisify(execFile);
const COLUMNS =
  "market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at";

/** Computes the candles of all intervals from all trades. Only for an empty table. */
const AGGREGATE = `
  INSERT INTO candle (market_id, interval, open_time, close_time, open, high, low, close, volume, quote_volume, taker_buy_volume,
    taker_buy_quote_volume, price_sum, trades, open_ms, open_ord, close_ms, close_ord, id_from, id_to, closed, version, revision)
  WITH minute AS (
    SELECT market_id, time - time % 60000 AS bucket, min(ARRAY[time, ord, price]) AS first, max(ARRAY[time, ord, price]) AS last,
      max(price) AS high, min(price) AS low, sum(amount) AS volume, sum(price * amount) AS quote_volume,
      sum(amount) FILTER (WHERE taker_side = 'buy') AS buy, sum(price * amount) FILTER (WHERE taker_side = 'buy') AS buy_quote,
      sum(price * count) AS price_sum, sum(count) AS trades, min(ord) AS id_from, max(ord + count) AS id_to
    FROM trade WHERE NOT off_book GROUP BY 1, 2
  ), rolled AS (
    SELECT m.market_id, s.interval, s.width,
      CASE WHEN s.width = 0 THEN month_start(bucket) ELSE bucket - (bucket - s.anchor) % s.width END AS open_time,
      min(first) AS first, max(last) AS last, max(high) AS high, min(low) AS low, sum(volume) AS volume,
      sum(quote_volume) AS quote_volume, coalesce(sum(buy), 0) AS buy, coalesce(sum(buy_quote), 0) AS buy_quote,
      sum(price_sum) AS price_sum, sum(trades) AS trades, min(id_from) AS id_from, max(id_to) AS id_to
    FROM minute m CROSS JOIN unnest($1::candle_interval[], $2::bigint[], $3::bigint[]) AS s (interval, width, anchor)
    GROUP BY 1, 2, 3, 4
  )
  SELECT market_id, interval, open_time,
    CASE WHEN width = 0 THEN month_start(open_time + 2764800000) ELSE open_time + width END - 1, first[3], high, low, last[3],
    volume, quote_volume, buy, buy_quote, price_sum, trades, first[1], first[2], last[1], last[2], id_from, id_to, true, 1, 0
  FROM rolled`;

/**
 * The usual manual load: `psql \\copy` of a CSV that has the table's own columns, then one
 * statement for the candles. Without psql on this machine, the same COPY over the driver.
 */
export async function loadByCopy(
  url: string,
  csv: string,
  intervals: { names: string; widths: string; anchors: string },
): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const copied = await run("psql", [
      url,
      "--no-psqlrc",
      "--set=ON_ERROR_STOP=1",
      "--command",
      `\\copy trade (${COLUMNS}) from '${csv}' with (format csv)`,
    ]).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return undefined;
    });
    if (copied === undefined)
      await pipeline(
        createReadStream(csv, { highWaterMark: 262_144 }),
        client.query(copyFrom(`COPY trade (${COLUMNS}) FROM STDIN WITH (FORMAT csv)`)),
      );
    const { names, widths, anchors } = intervals;
    await client.query(AGGREGATE, [names, widths, anchors]);
  } finally {
    await client.end();
  }
}
