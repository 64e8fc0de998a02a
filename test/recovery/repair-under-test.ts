import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../src/config/config.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { CandleStore } from "../../src/persistence/stores/candles/candle-store.js";
import { ClaimStore } from "../../src/persistence/stores/claim-store.js";
import { GapLedgerStore } from "../../src/persistence/stores/gaps/gap-ledger-store.js";
import { GapStore } from "../../src/persistence/stores/gaps/gap-store.js";
import { MarketClaims } from "../../src/recovery/market-claims.js";
import { HoleProof } from "../../src/recovery/repair/hole-proof.js";
import { RepairFigures } from "../../src/recovery/repair/repair-figures.js";
import type { RepairTiming } from "../../src/recovery/repair/repair-verdict.js";
import { Repair } from "../../src/recovery/repair/repair.js";
import { Transport } from "../../src/streaming/transport.js";
import { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import { Venues } from "../../src/venues/venues.js";
import type { ApiUnderTest } from "../api/api-under-test.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";

/** Shorter than the product's timing. */
const TIMING: RepairTiming = {
  everyMs: 50,
  graceMs: 100,
  confirmMs: 300,
  firstRetryMs: 100,
  maxRetryMs: 500,
  outageRetryMs: 500,
  rareMs: 3_600_000,
};

/**
 * Another process's repair, over its own claims and hosts: those of one application beside its
 * database and transport.
 */
export class RepairUnderTest {
  readonly figures: RepairFigures;
  readonly claims: MarketClaims;
  private readonly repair: Repair;
  private ended: Promise<void> | undefined;

  constructor({ app }: ApiUnderTest, restUrl: string, timing: Partial<RepairTiming> = {}) {
    const config = app.get<Config>(CONFIG);
    this.claims = new MarketClaims(
      new FollowedMarkets(config, new Venues()),
      new ClaimStore(app.get(DataSource)),
    );
    const metrics = new Metrics();
    this.figures = new RepairFigures(metrics);
    const clocks = new VenueClocks(new ClockFigures(metrics));
    const figures = new RestFigures(metrics);
    const hosts = new VenueHosts({ venueUrl: () => restUrl }, figures, clocks);
    this.repair = new Repair(
      this.claims,
      hosts,
      clocks,
      app.get(GapLedgerStore),
      app.get(GapStore),
      app.get(Transport),
      this.figures,
      new HoleProof(hosts, app.get(CandleStore), app.get(GapLedgerStore)),
      { ...TIMING, ...timing },
    );
    this.claims.start();
    this.repair.start();
  }

  stop(): Promise<void> {
    this.ended ??= this.repair.stop().then(() => this.claims.stop());
    return this.ended;
  }
}

/** An exchange's REST on loopback, over what it has traded so far. */
export class Rest {
  /** Oldest first. */
  trades: Print[] = [];
  /** Path and query of every request, in order. */
  readonly requests: string[] = [];
  /** Called first for each request; true when it has answered. */
  before: (url: string, response: ServerResponse) => boolean | Promise<boolean> = () => false;

  private constructor(private readonly server: Server) {}

  static async start(rest: Dialect["rest"]): Promise<Rest> {
    const server = createServer();
    const own = new Rest(server);
    server.on("request", ({ url = "" }, response) => {
      own.requests.push(url);
      void own.answer(rest, url, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(
    rest: Dialect["rest"],
    url: string,
    response: ServerResponse,
  ): Promise<void> {
    if (await this.before(url, response)) return;
    const body = rest(new URL(url, "http://exchange"), () => this.trades);
    response.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body ?? {}));
  }
}
