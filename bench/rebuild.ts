import type { PoolClient } from "pg";
import type { DataSource } from "typeorm";
import { INTERVALS, shapeOf } from "../src/domain/interval.js";
import { DAY_MS, MINUTE_MS } from "../src/domain/units.js";
import { RebuildRun } from "../src/persistence/rebuild/rebuild-run.js";
import { UnbuiltStore } from "../src/persistence/stores/unbuilt-store.js";
import {
  type Benchmark,
  type Contestant,
  type Outcome,
  type Scale,
  medianOf,
  percentOf,
  quantile,
  takeTurns,
} from "./harness/benchmark.js";
import type { Servers } from "./harness/servers.js";

const MARKETS = 2;
const DAYS = 60;
const FIRST = Date.UTC(2024, 0, 1);
/** All but those that are made of trades. */
const BUILT = INTERVALS.filter((interval) => {
  const { width } = shapeOf(interval);
  return width === 0 || width > MINUTE_MS;
});

const STEPS = "in steps, Tapeline";
const AT_ONCE = "one statement for each interval";

export const rebuild: Benchmark = {
  name: "rebuild",
  title: "Rebuild",
  workload: `${MARKETS} markets with ${DAYS} days of minutes → candles of the ${BUILT.length} wider intervals, in steps between which live trades are written. Beside one INSERT … SELECT … GROUP BY for each interval, which locks the market for as long as it takes and knows nothing of versions.`,
  chart: "rate",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const database = await servers.database();
  const { source } = database;
  try {
    const days = scale.smoke ? 2 : DAYS;
    await fill(source, days);
    const rows = await takeTurns(
      [
        { name: AT_ONCE, kind: "bare", run: () => atOnce(source) },
        { name: STEPS, kind: "tapeline", run: () => inSteps(source, days) },
      ],
      scale,
    );
    return {
      rows,
      bars: [
        {
          what: "99 % of the steps lock their market for",
          value: medianOf(rows, STEPS, "lock, p99"),
          unit: "ms",
          is: "at most",
          limit: 100,
        },
      ],
      notes: [
        `${Math.round(percentOf(rows, STEPS, AT_ONCE, "rate"))} % of the rate of single statements: after each step the market is left alone for as long as the step took.`,
      ],
    };
  } finally {
    await database.close();
  }
}

/** Closed minutes of 50 trades each. */
async function fill(source: DataSource, days: number): Promise<void> {
  const minutes = (days * DAY_MS) / MINUTE_MS;
  await source.query(
    `INSERT INTO market (name, ids, kind, clock, first_trade, last_trade, trades)
     SELECT 'bench:M' || n, 'dense', 'aggregated', $2, $3, $2, $4 FROM generate_series(1, $1::integer) n`,
    [MARKETS, FIRST + days * DAY_MS, FIRST, minutes * 50],
  );
  await source.query(
    `INSERT INTO candle (market_id, interval, open_time, close_time, open, high, low, close, volume, quote_volume, taker_buy_volume,
       taker_buy_quote_volume, price_sum, trades, open_ms, open_ord, close_ms, close_ord, id_from, id_to, closed, version, revision)
     SELECT m.id, '1m', $1::bigint + n * 60000, $1::bigint + n * 60000 + 59999, 60000.12 + n % 977, 60010.5 + n % 977, 59990.25 + n % 977,
       60001.75 + n % 977, 12.34567, 740740.12345, 6.1, 366000.5, 3000000.5, 50, $1::bigint + n * 60000, n * 50,
       $1::bigint + n * 60000 + 59000, n * 50 + 49, n * 50, n * 50 + 50, true, 3, 0
     FROM market m, generate_series(0, $2::bigint - 1) n`,
    [FIRST, minutes],
  );
  await source.query("CREATE TABLE bare_candle (LIKE candle INCLUDING ALL)");
  await source.query("VACUUM ANALYZE");
}

async function atOnce(source: DataSource): ReturnType<Contestant["run"]> {
  await source.query("TRUNCATE bare_candle");
  const began = performance.now();
  const locks: number[] = [];
  for (const interval of BUILT) {
    const { width, anchor } = shapeOf(interval);
    const at = performance.now();
    await source.query(
      `INSERT INTO bare_candle (market_id, interval, open_time, close_time, open, high, low, close, volume, quote_volume, taker_buy_volume,
         taker_buy_quote_volume, price_sum, trades, open_ms, open_ord, close_ms, close_ord, id_from, id_to, closed, version, revision)
       SELECT market_id, $1, bucket, close_time($2, bucket), first[3], high, low, last[3], volume, quote_volume, taker_buy_volume,
         taker_buy_quote_volume, price_sum, trades, first[1]::bigint, first[2]::bigint, last[1]::bigint, last[2]::bigint, id_from, id_to, true, 1, 0
       FROM (
         SELECT market_id, open_time($2, $3, c.open_time) AS bucket, min(ARRAY[open_ms, open_ord, open]) AS first,
           max(ARRAY[close_ms, close_ord, close]) AS last, max(high) AS high, min(low) AS low, sum(volume) AS volume,
           sum(quote_volume) AS quote_volume, sum(taker_buy_volume) AS taker_buy_volume,
           sum(taker_buy_quote_volume) AS taker_buy_quote_volume, sum(price_sum) AS price_sum, sum(trades)::bigint AS trades,
           min(id_from) AS id_from, max(id_to) AS id_to
         FROM candle c WHERE interval = '1m' GROUP BY 1, 2
       ) b`,
      [interval, width, anchor],
    );
    locks.push(performance.now() - at);
  }
  const rows: { count: number }[] = await source.query(
    "SELECT count(*)::integer AS count FROM bare_candle",
  );
  return figures(rows[0]?.count ?? 0, performance.now() - began, locks);
}

/** Throws unless each candle has the values of the bare statement's. */
async function inSteps(source: DataSource, days: number): ReturnType<Contestant["run"]> {
  await source.query("DELETE FROM candle WHERE interval <> '1m'");
  await source.query("VACUUM candle");
  await source.query(
    `INSERT INTO unbuilt (market_id, interval, times)
     SELECT m.id, i, int8multirange(int8range($2, $3)) FROM market m, unnest($1::candle_interval[]) i`,
    [BUILT, FIRST, FIRST + days * DAY_MS],
  );
  const store = new UnbuiltStore(source);
  const runner = source.createQueryRunner();
  const { signal } = new AbortController();
  const locks: number[] = [];
  let candles = 0;
  const began = performance.now();
  try {
    const steps = new RebuildRun(
      (await runner.connect()) as PoolClient,
      (_, result) => {
        locks.push(result.lockedMs);
        if (result.outcome === "built") candles += result.candles;
      },
      Infinity,
    );
    for (let left = await store.left(); left.length > 0; left = await store.left())
      if (!(await steps.pass(left, signal))) throw new Error("a pass did nothing");
  } finally {
    await runner.release();
  }
  const took = performance.now() - began;
  await expectSame(source);
  return figures(candles, took, locks);
}

async function expectSame(source: DataSource): Promise<void> {
  const values = `market_id, interval, open_time, close_time, open, high, low, close, volume, quote_volume, taker_buy_volume,
    taker_buy_quote_volume, price_sum, trades, open_ms, open_ord, close_ms, close_ord, id_from, id_to`;
  const [built, bare] = [
    `SELECT ${values} FROM candle WHERE interval <> '1m'`,
    `SELECT ${values} FROM bare_candle`,
  ];
  const rows: { count: number }[] = await source.query(
    `SELECT count(*)::integer AS count FROM ((${built} EXCEPT ${bare}) UNION ALL (${bare} EXCEPT ${built})) d`,
  );
  if (rows[0]?.count !== 0) throw new Error(`${rows[0]?.count} candles differ`);
}

function figures(
  candles: number,
  ms: number,
  locks: number[],
): Awaited<ReturnType<Contestant["run"]>> {
  return {
    rate: { unit: "candles/s", value: candles / (ms / 1_000) },
    "lock, p50": { unit: "ms", value: quantile(locks, 0.5) },
    "lock, p99": { unit: "ms", value: quantile(locks, 0.99) },
    "lock, longest": { unit: "ms", value: quantile(locks, 1) },
  };
}
