import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readConfig } from "../../src/config/config.js";
import type { Market } from "../../src/domain/market.js";
import type { ReconciledDay } from "../../src/domain/reconciliation.js";
import type { TapeRecord, Trade } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics/metrics.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { ClaimStore } from "../../src/persistence/stores/claim-store.js";
import { ComparisonStore } from "../../src/persistence/stores/reconciliation/comparison-store.js";
import { ReconciliationStore } from "../../src/persistence/stores/reconciliation/reconciliation-store.js";
import { MarketClaims } from "../../src/recovery/market-claims.js";
import { ReconciliationFigures } from "../../src/recovery/reconciliation/reconciliation-figures.js";
import { Reconciliation } from "../../src/recovery/reconciliation/reconciliation.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import type { Delivery } from "../../src/streaming/transport.js";
import { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import { Venues } from "../../src/venues/venues.js";
import { type Bar, type KlineDialect, barsOf } from "../support/exchange/kline-rest.js";
import { type Tape, openTape } from "../support/tape.js";

const never = new AbortController().signal;

/** A venue on loopback that serves the candles of its trades, and whatever else a test sets. */
export class KlineVenue {
  readonly requests: URL[] = [];
  /** Its trades, by symbol. */
  readonly trades = new Map<string, Trade[]>();
  /** Changes the candles of its trades before they are served. */
  serve: (bars: Bar[]) => Bar[] = (bars) => bars;
  /** Called first; true when it has answered. */
  instead: (url: URL, response: ServerResponse) => boolean = () => false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly dialect: KlineDialect,
  ) {
    server.on("request", ({ url: path = "" }, response) => {
      const request = new URL(path, url);
      this.requests.push(request);
      if (!this.instead(request, response)) this.answer(request, response);
    });
  }

  static async start(dialect: KlineDialect): Promise<KlineVenue> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    return new KlineVenue(server, `http://127.0.0.1:${port}`, dialect);
  }

  /** Number of requests for candles. */
  get klineRequests(): number {
    return this.requests.filter((url) => this.dialect.parse(url) !== undefined).length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private answer(url: URL, response: ServerResponse): void {
    const query = this.dialect.parse(url);
    if (query === undefined) {
      response.writeHead(404).end("{}");
      return;
    }
    const { symbol, interval, start, end } = query;
    const all = barsOf(
      this.trades.get(symbol) ?? [],
      interval,
      this.dialect.convention,
      Date.now(),
    );
    const bars = this.serve(all.filter(({ openTime }) => openTime >= start && openTime < end));
    response.end(JSON.stringify(this.dialect.encode(bars, symbol)));
  }
}

interface Options {
  feeds: string;
  intervals?: string;
  /** Ms. */
  back?: number;
  after?: number;
  recheck?: number;
  every?: number;
}

/** One process that reconciles. */
interface Running {
  metrics: Metrics;
  /** Records that came through topic `trades.bulk`. */
  bulk: TapeRecord[];
  followed: FollowedMarkets;
  stop(): Promise<void>;
}

export interface Bench {
  tape: Tape;
  results: ReconciliationStore;
  record(records: readonly TapeRecord[]): Promise<void>;
  start(venue: KlineVenue, options: Options): Promise<Running>;
  day(market: Market): Promise<Omit<ReconciledDay, "market" | "day">>;
  close(): Promise<void>;
}

/**
 * A database of its own with the product's recorder, and as many reconciling processes as are
 * started.
 */
export async function openBench(intervals = "1m"): Promise<Bench> {
  const tape = await openTape(intervals);
  const { recorder } = tape.recorder();
  const running = new Set<Running>();
  const results = new ReconciliationStore(tape.source);
  return {
    tape,
    results,
    record: async (records) => {
      const { refusals } = await recorder.record(records, never);
      expect(refusals).toEqual([]);
    },
    start: async (venue, options) => {
      const one = await startOne(tape, recorder, venue, {
        intervals,
        ...options,
      });
      running.add(one);
      return one;
    },
    day: async (market) => {
      const days = await results.days(market, 0, Date.now() + 86_400_000);
      const sum = (field: "compared" | "matched" | "incomplete" | "unjudged"): number =>
        days.reduce((total, day) => total + day[field], 0);
      const [compared, matched] = [sum("compared"), sum("matched")];
      return {
        compared,
        matched,
        incomplete: sum("incomplete"),
        unjudged: sum("unjudged"),
        matchRatio: matched / compared,
      };
    },
    close: async () => {
      for (const one of running) await one.stop();
      await tape.close();
    },
  };
}

async function startOne(
  tape: Tape,
  recorder: Recorder,
  venue: KlineVenue,
  { feeds, intervals = "1m", back = 86_400_000, after = 0, recheck = 50, every = 100 }: Options,
): Promise<Running> {
  const config = {
    ...readConfig({ FEEDS: feeds, INTERVALS: intervals }),
    reconcile: { back, after },
    venueUrl: () => venue.url,
  };
  const metrics = new Metrics();
  const transport = new InProcessTransport();
  const bulk: TapeRecord[] = [];
  await transport.start();
  await transport.subscribe({
    group: "recorder",
    ephemeral: false,
    handlers: new Map([
      [
        "trades.bulk",
        async (delivery: Delivery): Promise<void> => {
          const { records } = delivery as Delivery<"trades.bulk">;
          bulk.push(...records);
          await recorder.record(records, never);
        },
      ],
    ]),
    lanes: 1,
    maxBatch: 20_000,
    paceMs: 0,
  });
  const venues = new Venues();
  const followed = new FollowedMarkets(config, venues);
  const claims = new MarketClaims(followed, new ClaimStore(tape.source));
  const clocks = new VenueClocks(new ClockFigures(metrics));
  const reconciliation = new Reconciliation(
    config,
    followed,
    venues,
    claims,
    tape.candles,
    new ComparisonStore(tape.source),
    new ReconciliationStore(tape.source),
    new VenueHosts(config, new RestFigures(metrics), clocks),
    clocks,
    transport,
    new ReconciliationFigures(metrics),
    { first: 50, every, busy: 10, maxWait: 2_000, recheck, transaction: 300 },
  );
  claims.start();
  reconciliation.start();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await reconciliation.stop();
    await claims.stop();
    await transport.close();
  };
  return { metrics, bulk, followed, stop: () => (stopped ??= stop()) };
}
