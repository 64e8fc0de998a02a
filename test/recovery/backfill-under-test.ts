import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@nestjs/common";
import { readConfig } from "../../src/config/config.js";
import type { Trade } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { HistoryLoader } from "../../src/persistence/merge/history-loader.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import type { RefusedRecord } from "../../src/persistence/recorder/recorder.js";
import { serverDatabase } from "../../src/persistence/schema/database.js";
import { Partitions } from "../../src/persistence/schema/partitions.js";
import {
  type Backfill,
  BackfillStore,
} from "../../src/persistence/stores/backfills/backfill-store.js";
import { ClaimStore } from "../../src/persistence/stores/claim-store.js";
import { BackfillFigures } from "../../src/recovery/backfill/backfill-figures.js";
import { Backfills } from "../../src/recovery/backfill/backfills.js";
import { MarketClaims } from "../../src/recovery/market-claims.js";
import { HoleProof } from "../../src/recovery/repair/hole-proof.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import type { Delivery } from "../../src/streaming/transport.js";
import { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import { Venues } from "../../src/venues/venues.js";
import { aggregateLines, writeBulkFile } from "../support/bulk-files.js";
import { BulkServer } from "../support/bulk-server.js";
import { closedAfterEach } from "../support/closed-after-each.js";
import { madeTrades } from "../support/exchange/recorded-tapes.js";
import { SymbolTape } from "../support/exchange/symbol-tape.js";
import { type Tape, openTape } from "../support/tape.js";

// Errors are part of these tests.
Logger.overrideLogger(["fatal"]);

export const DAY = 86_400_000;
const SYMBOL = "BTCUSDT";
export const MARKET = `binance:${SYMBOL}`;
/** Spot files change from ms to µs at this time. */
export const NEW_YEAR = Date.UTC(2025, 0, 1);
const INTERVALS = "1m,5m,1h,1d,1w,1M";

/** Aggregates of a few days around the new year, as the exchange's files and its REST have them. */
export const TAPE = new SymbolTape(
  SYMBOL,
  madeTrades((3 * DAY) / 60_000, 7, NEW_YEAR - 2 * DAY, 24_000),
);

export function tradesOf(tape: SymbolTape): Trade[] {
  return tape.aggregates.map((it) => ({
    market: MARKET,
    id: String(it.a),
    ord: String(it.first),
    ids: "dense",
    kind: "aggregated",
    count: it.last - it.first + 1,
    price: trimmed(it.price),
    amount: trimmed(it.amount),
    takerSide: it.isBuyerMaker ? "sell" : "buy",
    time: it.time,
    receivedAt: it.time,
    source: "live",
    offBook: false,
  }));
}

function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

export function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export const TRADES = tradesOf(TAPE);
export const between = (from: number, to: number): Trade[] =>
  TRADES.filter(({ time }) => time >= from && time < to);

/** Lines of a day's or a month's file, in the unit of its time. */
export function linesOf(from: number, to: number): string[] {
  return [
    ...aggregateLines(between(from, Math.min(to, NEW_YEAR))),
    ...aggregateLines(between(Math.max(from, NEW_YEAR), to), "µs"),
  ];
}

/** A backfill worker with a database, a bulk server and a folder of its own. */
export class BackfillBench {
  backfills: Backfills;

  private constructor(
    readonly tape: Tape,
    readonly folder: string,
    readonly server: BulkServer,
    readonly store: BackfillStore,
    /** Each call returns the worker of another process. */
    private readonly worker: () => Backfills,
    readonly metrics: Metrics,
    private readonly transport: InProcessTransport,
    private readonly claims: MarketClaims,
    /** Of trades that went through the topic. */
    readonly refusals: readonly RefusedRecord[],
  ) {
    this.backfills = worker();
  }

  /** `env` adds to the configuration. */
  static async start(env: Record<string, string> = {}): Promise<BackfillBench> {
    const tape = await openTape(INTERVALS);
    const folder = await mkdtemp(join(tmpdir(), "tapeline-backfill-"));
    const server = await BulkServer.start(folder);
    const config = readConfig({
      DATABASE_URL: tape.url,
      DATA_DIR: join(folder, "data-dir"),
      INTERVALS,
      FEEDS: "",
      BINANCE_BULK_URL: server.url,
      BINANCE_USDM_BULK_URL: server.url,
      BINANCE_REST_URL: "http://127.0.0.1:1",
      BINANCE_USDM_REST_URL: "http://127.0.0.1:1",
      ...env,
    });
    const metrics = new Metrics();
    const transport = new InProcessTransport();
    await transport.start();
    const { recorder } = tape.recorder();
    const refusals: RefusedRecord[] = [];
    await transport.subscribe({
      group: "recorder",
      ephemeral: false,
      handlers: new Map([
        [
          "trades.bulk",
          async (delivery: Delivery): Promise<void> => {
            const { records } = delivery as Delivery<"trades.bulk">;
            const recorded = await recorder.record(records, new AbortController().signal);
            refusals.push(...recorded.refusals);
          },
        ],
      ]),
      lanes: 1,
      maxBatch: 20_000,
      paceMs: 0,
    });
    const { source } = tape;
    const venues = new Venues();
    const followed = new FollowedMarkets(config, venues);
    const claims = new MarketClaims(followed, new ClaimStore(source));
    const store = new BackfillStore(source);
    const clocks = new VenueClocks(new ClockFigures(metrics));
    const hosts = new VenueHosts(config, new RestFigures(metrics), clocks);
    const figures = new BackfillFigures(metrics);
    const recorderFigures = new RecorderFigures(metrics);
    const worker = (): Backfills =>
      new Backfills(
        config,
        store,
        new HistoryLoader(
          serverDatabase(tape.url),
          source,
          new MarketRegistry(source),
          new Partitions(source),
          recorderFigures,
        ),
        venues,
        hosts,
        clocks,
        transport,
        claims,
        followed,
        figures,
        new HoleProof(hosts, tape.candles, tape.ledger),
      );
    return new BackfillBench(
      tape,
      folder,
      server,
      store,
      worker,
      metrics,
      transport,
      claims,
      refusals,
    );
  }

  /** Writes the daily files of these days. */
  async publish(from: number, to: number): Promise<void> {
    for (let day = from; day < to; day += DAY)
      await this.file(dayText(day), linesOf(day, day + DAY));
  }

  /** Returns the path of the zip. */
  file(period: string, lines: Iterable<string>): Promise<string> {
    return writeBulkFile(this.folder, { symbol: SYMBOL, period }, lines);
  }

  /** Stops the worker in the middle of its work and starts another one. */
  async restart(): Promise<void> {
    await this.backfills.stop();
    this.backfills = this.worker();
  }

  async request(from: number, to: number, market = MARKET): Promise<Backfill> {
    const job = await this.store.request({
      market,
      from,
      to,
      askedBy: "api",
    });
    if (job === undefined) throw new Error("the job was refused");
    return job;
  }

  /** Requests a job and works on it; resolves to its last state. */
  async load(from: number, to: number, market = MARKET): Promise<Backfill> {
    const { id } = await this.request(from, to, market);
    return this.work(id);
  }

  async work(id: number): Promise<Backfill> {
    await this.backfills.work(id);
    return (await this.store.find(id)) as Backfill;
  }

  async close(): Promise<void> {
    await this.backfills.stop();
    await this.claims.stop();
    await this.transport.close();
    await this.server.close();
    await this.tape.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** For a suite: starts benches, each closed after its test. */
export function benchOpener() {
  return closedAfterEach((...all: Parameters<typeof BackfillBench.start>) =>
    BackfillBench.start(...all),
  );
}
