import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readConfig } from "../src/config/config.js";
import { DEFAULT_INTERVALS } from "../src/domain/interval.js";
import { Metrics } from "../src/metrics/metrics.js";
import { RecorderFigures } from "../src/persistence/figures/recorder-figures.js";
import { HistoryLoader } from "../src/persistence/merge/history-loader.js";
import { MarketRegistry } from "../src/persistence/merge/market-registry.js";
import { intervalColumns } from "../src/persistence/merge/interval-columns.js";
import { serverDatabase } from "../src/persistence/schema/database.js";
import { Partitions } from "../src/persistence/schema/partitions.js";
import { BackfillStore } from "../src/persistence/stores/backfills/backfill-store.js";
import { CandleStore } from "../src/persistence/stores/candles/candle-store.js";
import { ClaimStore } from "../src/persistence/stores/claim-store.js";
import { GapLedgerStore } from "../src/persistence/stores/gaps/gap-ledger-store.js";
import { BackfillFigures } from "../src/recovery/backfill/backfill-figures.js";
import { Backfills } from "../src/recovery/backfill/backfills.js";
import { MarketClaims } from "../src/recovery/market-claims.js";
import { HoleProof } from "../src/recovery/repair/hole-proof.js";
import { InProcessTransport } from "../src/streaming/in-process/in-process-transport.js";
import { FollowedMarkets } from "../src/venues/followed-markets.js";
import { RestFigures } from "../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../src/venues/rest/venue-hosts.js";
import { Venues } from "../src/venues/venues.js";
import { MARKET, SPAN, writeCsv, writeZip } from "./backfill/day-file.js";
import {
  type Benchmark,
  type Contestant,
  type Outcome,
  type Scale,
  percentOf,
  takeTurns,
} from "./harness/benchmark.js";
import type { BenchDatabase, Servers } from "./harness/servers.js";
import { loadByCopy } from "./peers/psql-copy.js";
import { requireExact } from "./writes/recording.js";

const TRADES = 1_000_000;
const RATE = "rate";
const OURS = "Tapeline, zip of the exchange";
const COPY = "psql \\copy of a CSV made for the table, one statement for the candles";

export const backfill: Benchmark = {
  name: "backfill",
  title: "Backfill",
  workload:
    "A day of one market, 1 M aggregates in the exchange's zip → trades, 15 intervals of candles and coverage. Tapeline checks the SHA-256, unpacks, checks each line and merges in chunks, between which live trades could be written; the peer copies a plain CSV with the table's own columns in one transaction and makes the candles once.",
  chart: RATE,
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const trades = scale.smoke ? 40_000 : TRADES;
  const folder = await mkdtemp(join(tmpdir(), "tapeline-bulk-"));
  try {
    await writeZip(folder, trades);
    const contestants = [
      contestant(OURS, "tapeline", servers, trades, (database) => loadByJob(database, folder)),
      contestant(COPY, "peer", servers, trades, async (database) => {
        const csv = await prepareCopy(database, folder, trades);
        const began = performance.now();
        await loadByCopy(database.url, csv, intervalColumns(DEFAULT_INTERVALS));
        return performance.now() - began;
      }),
    ];
    const rows = await takeTurns(contestants, scale);
    return {
      rows,
      bars: [
        {
          what: "of \\copy and one statement",
          value: percentOf(rows, OURS, COPY, RATE),
          unit: "%",
          is: "at least",
          limit: 60,
        },
      ],
      notes: [
        "After every run of Tapeline each candle was recomputed from the stored trades, and every id was accounted for; the trades and candles of the peer were counted.",
        "Making the files is not counted.",
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `load` returns the ms that count. */
function contestant(
  name: string,
  kind: "tapeline" | "peer",
  servers: Servers,
  trades: number,
  load: (database: BenchDatabase) => Promise<number>,
): Contestant {
  return {
    name,
    kind,
    run: async () => {
      const database = await servers.database(8);
      try {
        const ms = await load(database);
        const [row] = await database.source.query<[{ trades: string; candles: string }]>(
          "SELECT (SELECT count(*) FROM trade) AS trades, (SELECT count(*) FROM candle WHERE interval = '1m') AS candles",
        );
        if (Number(row.trades) !== trades || Number(row.candles) !== 1_440)
          throw new Error(`stored: ${JSON.stringify(row)}`);
        return { [RATE]: { unit: "trades/s", value: (trades * 1_000) / ms } };
      } finally {
        await database.close();
      }
    },
  };
}

/** By a backfill job, as the command and the API run it. */
async function loadByJob({ url, source }: BenchDatabase, folder: string): Promise<number> {
  const config = readConfig({
    DATABASE_URL: url,
    DATA_DIR: folder,
    FEEDS: "",
    BINANCE_BULK_URL: pathToFileURL(folder).href,
    // No exchange is contacted.
    BINANCE_REST_URL: "http://127.0.0.1:1",
  });
  const metrics = new Metrics();
  const store = new BackfillStore(source);
  const markets = new MarketRegistry(source);
  const partitions = new Partitions(source);
  const database = serverDatabase(url);
  const clocks = new VenueClocks(new ClockFigures(metrics));
  const hosts = new VenueHosts(config, new RestFigures(metrics), clocks);
  const transport = await withRecorder();
  const venues = new Venues();
  const followed = new FollowedMarkets(config, venues);
  const backfills = new Backfills(
    config,
    store,
    new HistoryLoader(database, source, markets, partitions, new RecorderFigures(metrics)),
    venues,
    hosts,
    clocks,
    transport,
    new MarketClaims(followed, new ClaimStore(source)),
    followed,
    new BackfillFigures(metrics),
    new HoleProof(hosts, new CandleStore(source), new GapLedgerStore(source)),
  );
  const job = await store.request({
    market: MARKET,
    ...SPAN,
    askedBy: "command",
  });
  const began = performance.now();
  await backfills.work(job?.id ?? 0);
  const ms = performance.now() - began;
  const done = await store.find(job?.id ?? 0);
  if (done?.state !== "done" || done.notes.length > 0)
    throw new Error(`the job ended as ${JSON.stringify(done)}`);
  await requireExact(source, 2 * done.stored - (done.stored % 3 === 0 ? 0 : 1));
  return ms;
}

async function prepareCopy(
  { source }: BenchDatabase,
  folder: string,
  trades: number,
): Promise<string> {
  const first = { market: MARKET, ids: "dense", kind: "aggregated" } as const;
  const markets = await new MarketRegistry(source).resolve([MARKET], new Map([[MARKET, first]]));
  await new Partitions(source).ensure([SPAN.from]);
  return writeCsv(folder, trades, markets.get(MARKET)?.id ?? 0);
}

/** The job's last record, which closes candles, waits for a recorder; this one only takes it. */
async function withRecorder(): Promise<InProcessTransport> {
  const transport = new InProcessTransport();
  await transport.subscribe({
    group: "recorder",
    ephemeral: false,
    handlers: new Map([["trades.bulk", () => Promise.resolve()]]),
    lanes: 1,
    maxBatch: 1_000,
    paceMs: 0,
  });
  return transport;
}
