import { DataSource } from "typeorm";
import { readConfig } from "../../src/config/config.js";
import { type TapeRecord, type Trade, isClock } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import { Recorder } from "../../src/persistence/recorder/recorder.js";
import { UnwatchedTimes } from "../../src/persistence/recorder/unwatched-times.js";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { Partitions } from "../../src/persistence/schema/partitions.js";
import { CandleStore } from "../../src/persistence/stores/candles/candle-store.js";
import { FeedStateStore } from "../../src/persistence/stores/feed-state-store.js";
import { GapLedgerStore } from "../../src/persistence/stores/gaps/gap-ledger-store.js";
import { GapStore } from "../../src/persistence/stores/gaps/gap-store.js";
import { MarketStore } from "../../src/persistence/stores/market-store.js";
import { StoredIntervals } from "../../src/persistence/stores/stored-intervals.js";
import { TradeStore } from "../../src/persistence/stores/trade-store.js";
import { createTapeDatabase } from "./databases.js";

/** A migrated database of its own on a test server, with what writes and reads it. */
export interface Tape {
  url: string;
  source: DataSource;
  /** Another writer, as another process would be: with its own memory of markets and partitions. */
  recorder(): { recorder: Recorder; figures: RecorderFigures };
  candles: CandleStore;
  trades: TradeStore;
  markets: MarketStore;
  gaps: GapStore;
  ledger: GapLedgerStore;
  unwatchedTimes: UnwatchedTimes;
  feeds: FeedStateStore;
  partitions: Partitions;
  close(): Promise<void>;
}

export async function openTape(
  intervals = "1s,1m,3m,5m,15m,30m,1h,2h,4h,6h,8h,12h,1d,3d,1w,1M",
): Promise<Tape> {
  const url = await createTapeDatabase();
  const config = readConfig({ DATABASE_URL: url, INTERVALS: intervals });
  const source = await new DataSource(dataSourceOptions(serverDatabase(url), 8)).initialize();
  await new StoredIntervals(source).keep(config.intervals);
  return {
    url,
    source,
    recorder: () => {
      const figures = new RecorderFigures(new Metrics());
      return {
        recorder: new Recorder(source, new MarketRegistry(source), new Partitions(source), figures),
        figures,
      };
    },
    candles: new CandleStore(source),
    trades: new TradeStore(source),
    markets: new MarketStore(source),
    gaps: new GapStore(source),
    ledger: new GapLedgerStore(source),
    unwatchedTimes: new UnwatchedTimes(source),
    feeds: new FeedStateStore(source),
    partitions: new Partitions(source),
    close: () => source.destroy(),
  };
}

/**
 * Everything that must not depend on order, copies or batches, as text; row ids replaced by names.
 */
export async function contents(
  source: DataSource,
): Promise<{ candles: string[]; trades: string[]; coverage: string[] }> {
  const texts = async (sql: string): Promise<string[]> =>
    (await source.query<{ row: string }[]>(sql)).map(({ row }) => row);
  return {
    candles: await texts(
      `SELECT m.name || ' ' || (to_jsonb(c) - '{market_id,version,revision,updated_at}'::text[])::text AS row
       FROM candle c JOIN market m ON m.id = c.market_id ORDER BY m.name, c.interval, c.open_time`,
    ),
    trades: await texts(
      `SELECT m.name || ' ' || (to_jsonb(t) - 'market_id')::text AS row FROM trade t JOIN market m ON m.id = t.market_id ORDER BY m.name, t.time, t.id`,
    ),
    coverage: await texts(
      `SELECT concat_ws(' ', name, ids, kind, clock, first_trade, last_trade, trades, covered) AS row FROM market ORDER BY name`,
    ),
  };
}

/** A dense, raw trade; fields can be replaced. */
export function trade(
  market: string,
  id: number | bigint,
  time: number,
  fields: Partial<Trade> = {},
): Trade {
  return {
    market,
    id: String(id),
    ord: String(id),
    ids: "dense",
    kind: "raw",
    count: 1,
    price: "100",
    amount: "1",
    takerSide: "buy",
    time,
    receivedAt: time,
    source: "live",
    offBook: false,
    ...fields,
  };
}

/**
 * The records and, for each market, a clock record at its newest trade: what a second message would
 * confirm. One message alone closes no candle.
 */
export function confirmed(records: readonly TapeRecord[]): TapeRecord[] {
  const newest = new Map<string, number>();
  for (const record of records)
    if (!isClock(record))
      newest.set(record.market, Math.max(newest.get(record.market) ?? 0, record.time));
  return [...records, ...[...newest].map(([market, clock]) => ({ market, clock }))];
}
