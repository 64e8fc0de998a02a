import { Logger } from "@nestjs/common";
import type { Interval } from "../../domain/interval.js";
import { type Market, marketOf } from "../../domain/market.js";
import { isFlowing } from "../../domain/feed-watch.js";
import { MAX_AHEAD_MS, type Trade } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import type { FeedFigures } from "./feed-figures.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Venue } from "../../venues/venue.js";
import type { Backoff } from "../../waiting/backoff.js";
import type { FeedBoard } from "./feed-board.js";
import type { Feed } from "./feed.js";
import { Outbox } from "./outbox.js";
import { QuietClocks } from "./quiet-clocks.js";
import type { SocketTiming } from "./socket.js";
import { type Followed, Subscriptions } from "./subscriptions.js";
import { SILENT, SymbolWatch, type WatchTiming } from "./symbol-watch.js";
import { VenueClock } from "./venue-clock.js";
import { VenueConnection } from "./venue-connection.js";

const TICK_MS = 250;
/**
 * The transport has taken nothing for this long: what waits is given up, as a gap, and the
 * connection made again.
 */
const PAUSE_LIMIT_MS = 10_000;
const PROOF_PING_MS = 1_000;
const STOP_LIMIT_MS = 5_000;

export interface VenueFeedOptions {
  venue: Venue;
  symbols: readonly string[];
  wsUrl: string;
  /** The shortest stored one. */
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
  private clock = new VenueClock();
  private readonly told = new Set<string>();
  private readonly subscriptions: Subscriptions;
  private tick: NodeJS.Timeout | undefined;
  private lastProofPing = 0;
  private looking = Promise.resolve();
  private isLooking = false;
  private lastReason: string | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: VenueFeedOptions,
    transport: Transport,
    private readonly board: FeedBoard,
    private readonly figures: FeedFigures,
    private readonly hosts: VenueHosts,
  ) {
    const { venue, symbols, wsUrl, timing, backoff } = options;
    this.logger = new Logger(`Feed ${venue.name}`);
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

  /** Why there is no connection, for a person. */
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
    await Promise.all([this.connection.stop(), this.looking]);
    await this.outbox.close(STOP_LIMIT_MS);
  }

  private opened(): void {
    const again = this.hasConnected;
    this.hasConnected = true;
    if (again) this.figures.reconnects.inc({ venue: this.options.venue.name });
    // A machine that slept has a monotonic clock that slept too.
    this.clock = new VenueClock();
    for (const { market, watch } of this.followed.values()) {
      watch.connected(performance.now());
      if (again) this.board.reconnected(market);
      this.board.set(
        market,
        "connecting",
        "connected, waiting for the first trade",
      );
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
    const estimate = this.clock.now(local);
    // Nothing is known of the venue's clock before the first message, and too little after this
    // machine slept: then our wall clock, which may be wrong, only stops nonsense.
    const latest = Math.max(
      estimate === undefined ? receivedAt + DAY_MS : estimate + MAX_AHEAD_MS,
      receivedAt + MAX_AHEAD_MS,
    );
    const context = { receivedAt, source: "live", latest } as const;
    const frame = this.options.venue.decode(text, context);
    switch (frame.type) {
      case "trades":
        for (const { reason, detail } of frame.refused)
          this.refused(reason, detail);
        if (frame.trades.length > 0)
          this.trades(frame.trades, local, frame.isPast === true);
        return;
      case "newest":
        if (frame.newest.time <= latest)
          this.clock.observe(frame.newest.time, local);
        this.followed
          .get(marketOf(this.options.venue.name, frame.symbol))
          ?.watch.told(local, frame.newest.lastOrd);
        return;
      case "answer":
        this.answered(frame.to, frame.problem);
        return;
      case "shutdown":
        this.logger.log("The venue will end this connection: opening the next");
        this.connection.replace();
        return;
      case "unreadable":
        this.refused(frame.reason, frame.detail);
        return;
      case "other":
        return;
    }
  }

  private trades(trades: Trade[], local: number, arePast: boolean): void {
    const own = trades.filter(({ market }) => this.followed.has(market));
    for (const { market, time, ord, count, receivedAt } of own) {
      this.clock.observe(time, local);
      this.clocks.traded(market, time);
      const watch = this.followed.get(market)?.watch;
      const lastOrd = BigInt(ord) + BigInt(count) - 1n;
      if (arePast) {
        watch?.held(lastOrd);
        continue;
      }
      watch?.traded(local, lastOrd);
      this.board.traded(market, receivedAt);
      this.board.set(market, "live", null);
    }
    if (own.length < trades.length)
      this.refused(
        "not_followed",
        "a trade of a symbol that was not asked for",
      );
    if (!this.outbox.push(own)) this.connection.pause();
  }

  private answered(
    to: number | readonly string[],
    problem: string | undefined,
  ): void {
    if (problem !== undefined)
      this.logger.warn(`The venue refuses a message of ours: ${problem}`);
    for (const { market, watch } of this.subscriptions.about(to)) {
      if (problem === undefined) watch.acknowledged();
      else {
        watch.refused(performance.now());
        this.board.set(market, "stale", `the venue refuses: ${problem}`);
      }
    }
  }

  /** Counted always, told once a kind: a venue that changes its format must not flood the log. */
  private refused(reason: string, detail: string): void {
    this.figures.refused.inc({ venue: this.options.venue.name, reason });
    for (const market of this.followed.keys()) this.board.refused(market);
    if (this.told.has(reason)) return;
    this.told.add(reason);
    this.logger.warn(
      `A frame was not taken (${reason}): ${detail}. Others of this kind are only counted`,
    );
  }

  private onTick(): void {
    const local = performance.now();
    if (this.connection.pausedFor() > PAUSE_LIMIT_MS) this.giveUp();
    if (!this.connection.isAlive()) return;
    this.writeClocks(local);
    // One at a time. What is silent because we do not read says nothing of the venue.
    if (this.isLooking || this.isPaused || this.connection.isBusy) return;
    for (const followed of this.followed.values()) {
      if (!followed.watch.isDue(local)) continue;
      this.isLooking = true;
      this.looking = this.look(followed).finally(
        () => (this.isLooking = false),
      );
      return;
    }
  }

  private giveUp(): void {
    const dropped = this.outbox.drop();
    this.figures.dropped.inc({ venue: this.options.venue.name }, dropped);
    this.logger.error(
      `The transport has taken nothing for ${PAUSE_LIMIT_MS / 1_000} s: ${dropped} records are given up, and will show as gaps`,
    );
    this.connection.reconnect("given up by us: the transport has no room");
  }

  /**
   * Only of symbols whose silence is understood: where trades may be missing, nothing is said to
   * have passed.
   */
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

  private async look(followed: Followed): Promise<void> {
    const { symbol, market, watch } = followed;
    const { venue } = this.options;
    const told = await this.hosts
      .fetch(venue, venue.newestTrade(symbol), "live", this.stopping.signal)
      .catch((error: Error) => error.message);
    const newest = typeof told === "string" ? undefined : told;
    const local = performance.now();
    // A trade may have come while we asked, or the connection gone.
    if (this.stopping.signal.aborted || !watch.isDue(local)) return;
    const now = this.clock.now(local) ?? Date.now();
    const verdict = watch.judge(newest, now - (newest?.time ?? now), local);
    const remedy = watch.conclude(verdict, local);
    if (verdict === "unsure") return;
    const why = typeof told === "string" ? ` (${told})` : "";
    this.board.set(market, watch.condition, `${SILENT[verdict]}${why}`);
    if (remedy === "reconnect") this.connection.reconnect(SILENT[verdict]);
    if (remedy === "resubscribe")
      this.connection.control(this.subscriptions.again(followed));
  }
}
