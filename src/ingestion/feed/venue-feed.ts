import { Logger } from "@nestjs/common";
import type { Interval } from "../../domain/interval.js";
import { type Market, marketOf } from "../../domain/market.js";
import { isFlowing } from "../../domain/feed-watch.js";
import type { Trade } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import type { FeedFigures } from "./feed-figures.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueClock } from "../../venues/clock/venue-clock.js";
import type { VenueClocks } from "../../venues/clock/venue-clocks.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Frame, Refused, Venue } from "../../venues/venue.js";
import type { Backoff } from "../../waiting/backoff.js";
import type { FeedBoard } from "./feed-board.js";
import type { Feed } from "./feed.js";
import { Outbox } from "./outbox.js";
import { QuietClocks } from "./quiet-clocks.js";
import { Refusals } from "./refusals.js";
import type { SocketTiming } from "./socket.js";
import { type Followed, Subscriptions } from "./subscriptions.js";
import { REASONS, SymbolWatch, type WatchTiming } from "./symbol-watch.js";
import { VenueConnection } from "./venue-connection.js";

const TICK_MS = 250;
/** After this long without room in the transport, waiting records are dropped, which is a gap. */
const PAUSE_LIMIT_MS = 10_000;
const PROOF_PING_MS = 1_000;
const STOP_LIMIT_MS = 5_000;

type TradesFrame = Extract<Frame, { type: "trades" }>;

export interface VenueFeedOptions {
  venue: Venue;
  symbols: readonly string[];
  wsUrl: string;
  /** The shortest stored interval. */
  interval: Interval;
  startAfterMs?: number;
  timing?: SocketTiming;
  watch?: WatchTiming;
  backoff?: Backoff;
}

/** The trades of some symbols of one venue over one connection, from socket to transport. */
export class VenueFeed implements Feed {
  hasConnected = false;
  private readonly logger: Logger;
  private readonly followed = new Map<Market, Followed>();
  private readonly outbox: Outbox;
  private readonly connection: VenueConnection;
  private readonly clocks: QuietClocks;
  private readonly clock: VenueClock;
  private readonly refusals: Refusals;
  private readonly subscriptions: Subscriptions;
  private tick: NodeJS.Timeout | undefined;
  private lastProofPing = 0;
  private checking = Promise.resolve();
  private isChecking = false;
  private lastReason: string | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: VenueFeedOptions,
    transport: Transport,
    private readonly board: FeedBoard,
    private readonly figures: FeedFigures,
    private readonly hosts: VenueHosts,
    private readonly venueClocks: VenueClocks,
  ) {
    const { venue, symbols, wsUrl, timing, backoff } = options;
    this.logger = new Logger(`Feed ${venue.name}`);
    this.clock = venueClocks.of(venue.name);
    this.refusals = new Refusals(venue.name, () => this.followed.keys(), board, figures);
    for (const symbol of symbols) {
      const market = marketOf(venue.name, symbol);
      const watch = new SymbolWatch(performance.now(), options.watch);
      this.followed.set(market, { symbol, market, watch });
      board.set(market, "connecting", `connecting to ${new URL(wsUrl).host}`);
    }
    this.subscriptions = new Subscriptions(venue, this.followed);
    this.clocks = new QuietClocks(options.interval);
    this.outbox = new Outbox(transport, () => this.connection.resume());
    this.connection = new VenueConnection(
      {
        url: venue.url(wsUrl, symbols),
        limits: venue.limits,
        keepAlive: venue.keepAlive,
        startAfterMs: options.startAfterMs,
        timing,
        backoff,
      },
      {
        frame: (text) => this.frame(text),
        subscriptions: () => this.subscriptions.all(),
        opened: () => this.opened(),
        lost: (reason, retryMs) => this.lost(reason, retryMs),
      },
    );
  }

  start(): void {
    this.connection.start();
    this.tick ??= setInterval(() => this.onTick(), TICK_MS);
  }

  get markets(): readonly Market[] {
    return [...this.followed.keys()];
  }

  /** Why there is no connection, as text for messages. */
  get problem(): string {
    return `${new URL(this.options.wsUrl).host}: ${this.lastReason ?? "no answer yet"}`;
  }

  /** True while the transport has no room for more. */
  get isPaused(): boolean {
    return this.connection.pausedFor() > 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.tick);
    this.stopping.abort(new Error("the feed is stopping"));
    await Promise.all([this.connection.stop(), this.checking]);
    await this.outbox.close(STOP_LIMIT_MS);
  }

  private opened(): void {
    const again = this.hasConnected;
    this.hasConnected = true;
    if (again) this.figures.reconnects.inc({ venue: this.options.venue.name });
    for (const { market, watch } of this.followed.values()) {
      watch.connected(performance.now());
      if (again) this.board.reconnected(market);
      this.board.set(market, "connecting", "connected, waiting for the first trade");
    }
  }

  private lost(reason: string, retryMs: number): void {
    this.lastReason = reason;
    const detail = `${reason}; next attempt in ${(retryMs / 1_000).toFixed(1)} s`;
    for (const { market, watch } of this.followed.values()) {
      watch.disconnected();
      this.board.set(market, "down", detail);
    }
  }

  private frame(text: string): void {
    const local = performance.now();
    const receivedAt = Date.now();
    // Only nonsense is refused here: what the venue's clock says is known after this frame.
    const latest = Math.max(receivedAt, this.clock.now(local) ?? 0) + DAY_MS;
    const context = { receivedAt, source: "live", latest } as const;
    const frame = this.options.venue.decode(text, context);
    switch (frame.type) {
      case "trades":
        for (const refused of frame.refused) this.refused(refused, text);
        this.trades(frame, local, text);
        return;
      case "newest": {
        const market = marketOf(this.options.venue.name, frame.symbol);
        this.clock.observe(frame.newest.time, local, market);
        this.followed.get(market)?.watch.reported(local, frame.newest.lastOrd);
        return;
      }
      case "answer":
        this.answered(frame.to, frame.problem);
        return;
      case "shutdown":
        this.logger.log("The venue will end this connection: opening the next");
        this.connection.replace();
        return;
      case "unreadable":
        this.refused(frame, text);
        return;
      case "other":
        return;
    }
  }

  private trades({ trades, sentAt, isPast }: TradesFrame, local: number, text: string): void {
    const [first] = trades;
    if (first === undefined) return;
    // Trades from before say nothing of the venue's time.
    if (isPast !== true) this.clock.observe(sentAt ?? newestOf(trades), local, first.market);
    const latest = this.venueClocks.latest(this.options.venue.name);
    const own = trades.filter(({ market, time }) => this.followed.has(market) && time <= latest);
    const newest = new Map<Market, Trade>();
    for (const trade of own) {
      const { market, time, ord, count, receivedAt } = trade;
      if (time >= (newest.get(market)?.time ?? 0)) newest.set(market, trade);
      const watch = this.followed.get(market)?.watch;
      const lastOrd = BigInt(ord) + BigInt(count) - 1n;
      if (isPast === true) {
        watch?.held(lastOrd);
        continue;
      }
      watch?.traded(local, lastOrd);
      this.board.traded(market, receivedAt);
      this.board.set(market, "live", null);
    }
    for (const trade of newest.values()) this.clocks.traded(trade);
    if (own.length < trades.length) this.refuseOthers(trades, latest, text);
    if (!this.outbox.push(own)) this.connection.pause();
  }

  private refuseOthers(trades: readonly Trade[], latest: number, text: string): void {
    for (const { market, time } of trades) {
      if (!this.followed.has(market))
        this.refusals.count("not_followed", "a trade of a symbol that was not requested");
      else if (time > latest) {
        const detail = `time of ${market} must be at most a minute ahead of the venue's clock and ours (${latest}), not ${time}`;
        this.refused({ reason: "bad_time", detail, market }, text);
      }
    }
  }

  private answered(to: number | readonly string[], problem: string | undefined): void {
    if (problem !== undefined) this.logger.warn(`The venue refused a message: ${problem}`);
    for (const { market, watch } of this.subscriptions.about(to)) {
      if (problem === undefined) watch.acknowledged();
      else {
        watch.refused(performance.now());
        this.board.set(market, "stale", `the venue refuses: ${problem}`);
      }
    }
  }

  private refused(refused: Refused, text: string): void {
    const letter = this.refusals.add(refused, text);
    if (letter !== undefined) this.outbox.push([letter]);
  }

  private onTick(): void {
    const local = performance.now();
    if (this.connection.pausedFor() > PAUSE_LIMIT_MS) this.dropWaiting();
    if (!this.connection.isAlive()) return;
    this.writeClocks(local);
    // One at a time, and not while paused: silence of a socket that is not read proves nothing.
    if (this.isChecking || this.isPaused || this.connection.isBusy) return;
    for (const followed of this.followed.values()) {
      if (!followed.watch.isDue(local)) continue;
      this.isChecking = true;
      this.checking = this.check(followed).finally(() => (this.isChecking = false));
      return;
    }
  }

  private dropWaiting(): void {
    const dropped = this.outbox.drop();
    this.figures.dropped.inc({ venue: this.options.venue.name }, dropped);
    this.logger.error(
      `The transport has accepted nothing for ${PAUSE_LIMIT_MS / 1_000} s: ${dropped} records are dropped and become gaps, reconnecting`,
    );
    this.connection.reconnect("ended by us: the transport has no room");
  }

  /** Only for symbols that are live or quiet: where trades may be missing, no bucket may close. */
  private writeClocks(local: number): void {
    const now = this.clock.now(local);
    const lastSign = this.clock.now(this.connection.lastSign ?? 0);
    if (now === undefined || lastSign === undefined) return;
    const markets = [...this.followed.values()]
      .filter(({ watch }) => isFlowing(watch))
      .map(({ market }) => market);
    const { records, isProven } = this.clocks.due(markets, now, lastSign);
    if (records.length > 0) this.outbox.push(records);
    if (isProven || local - this.lastProofPing < PROOF_PING_MS) return;
    this.lastProofPing = local;
    this.connection.ping();
  }

  private async check(followed: Followed): Promise<void> {
    const { symbol, market, watch } = followed;
    const { venue } = this.options;
    const answer = await this.hosts
      .fetch(venue, venue.newestTrade(symbol), "live", this.stopping.signal)
      .catch((error: Error) => error.message);
    const newest = typeof answer === "string" ? undefined : answer;
    const local = performance.now();
    // During the request, a trade may have come or the connection ended.
    if (this.stopping.signal.aborted || !watch.isDue(local)) return;
    const now = this.clock.now(local) ?? Date.now();
    const verdict = watch.judge(newest, now - (newest?.time ?? now), local);
    const action = watch.conclude(verdict, local);
    if (verdict === "unsure") return;
    const why = typeof answer === "string" ? ` (${answer})` : "";
    this.board.set(market, watch.condition, `${REASONS[verdict]}${why}`);
    if (action === "reconnect") this.connection.reconnect(REASONS[verdict]);
    if (action === "resubscribe") this.connection.control(this.subscriptions.renew(followed));
  }
}

function newestOf(trades: readonly Trade[]): number {
  return trades.reduce((newest, { time }) => Math.max(newest, time), 0);
}
