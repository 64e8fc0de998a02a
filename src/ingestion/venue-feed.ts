import { Logger } from "@nestjs/common";
import { type Interval, openTimeOf } from "../domain/interval.js";
import { type Market, marketOf } from "../domain/market.js";
import { MAX_AHEAD_MS, type Trade } from "../domain/trade.js";
import type { Metrics } from "../metrics.js";
import type { Transport } from "../streaming/transport.js";
import type { FeedBoard } from "./feed-board.js";
import { Outbox } from "./outbox.js";
import type { SocketTiming } from "./socket.js";
import { SymbolWatch } from "./symbol-watch.js";
import { VenueClock } from "./venue-clock.js";
import { VenueConnection } from "./venue-connection.js";
import type { NewestTrade, Venue } from "./venue.js";

const TICK_MS = 250;
/** A trade of the last moment of a bucket may be this late; then the bucket counts as quietly passed. */
const GRACE_MS = 2_000;
/** The transport has taken nothing for this long: what waits is given up, as a gap, and the connection made again. */
const PAUSE_LIMIT_MS = 10_000;
const REST_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 5_000;
const A_DAY_MS = 86_400_000;

export interface VenueFeedOptions {
  venue: Venue;
  symbols: readonly string[];
  wsUrl: string;
  restUrl: string;
  /** The shortest stored one: its boundaries are what a quiet market's clock is written for. */
  interval: Interval;
  timing?: SocketTiming;
  /** Silence after which a symbol is looked at, and the time between looks. */
  watch?: { silenceMs: number; recheckMs: number };
}

interface Followed {
  symbol: string;
  market: Market;
  watch: SymbolWatch;
  /** Exchange time up to which its candles are known to be closable: its newest trade or clock record. */
  clock: number;
  looking: boolean;
}

/** The trades of some symbols of one venue over one connection, from socket to transport. */
export class VenueFeed {
  private readonly logger: Logger;
  private readonly followed = new Map<Market, Followed>();
  private readonly outbox: Outbox;
  private readonly connection: VenueConnection;
  private readonly clock = new VenueClock();
  private readonly told = new Set<string>();
  private tick: NodeJS.Timeout | undefined;
  private controlId = 1;
  private wasOpen = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: VenueFeedOptions,
    transport: Transport,
    private readonly board: FeedBoard,
    private readonly metrics: Metrics,
  ) {
    const { venue, symbols, wsUrl, timing, watch } = options;
    this.logger = new Logger(`Feed ${venue.name}`);
    for (const symbol of symbols) {
      const market = marketOf(venue.name, symbol);
      this.followed.set(market, {
        symbol,
        market,
        watch: new SymbolWatch(
          performance.now(),
          watch?.silenceMs,
          watch?.recheckMs,
        ),
        clock: 0,
        looking: false,
      });
      board.set(market, "connecting", `connecting to ${new URL(wsUrl).host}`);
    }
    this.outbox = new Outbox(transport, () => this.connection.resume());
    const handlers = {
      frame: (text: string) => this.frame(text),
      opened: () => this.opened(),
      lost: (reason: string, retryMs: number) => this.lost(reason, retryMs),
    };
    this.connection = new VenueConnection(
      venue.url(wsUrl, symbols),
      venue.limits,
      handlers,
      timing,
    );
  }

  start(): void {
    this.connection.start();
    this.tick = setInterval(() => this.onTick(), TICK_MS);
  }

  /** True once a connection has been opened. */
  get hasConnected(): boolean {
    return this.wasOpen;
  }

  async stop(): Promise<void> {
    clearInterval(this.tick);
    this.stopping.abort(new Error("the feed is stopping"));
    await this.connection.stop();
    await this.outbox.close(STOP_LIMIT_MS);
  }

  private opened(): void {
    const again = this.wasOpen;
    this.wasOpen = true;
    if (again)
      this.metrics.feedReconnects.inc({ venue: this.options.venue.name });
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
    for (const { market, watch } of this.followed.values()) {
      watch.disconnected();
      this.board.set(
        market,
        "down",
        `${reason}; next attempt in ${(retryMs / 1_000).toFixed(1)} s`,
      );
    }
  }

  private frame(text: string): void {
    const local = performance.now();
    const receivedAt = Date.now();
    const estimate = this.clock.now(local);
    // Before the first message nothing is known of the venue's clock: then only nonsense is stopped.
    const latest =
      estimate === undefined ? receivedAt + A_DAY_MS : estimate + MAX_AHEAD_MS;
    const frame = this.options.venue.decode(text, {
      receivedAt,
      source: "live",
      latest,
    });
    switch (frame.type) {
      case "trades":
        for (const { reason, detail } of frame.refused)
          this.refused(reason, detail);
        if (frame.trades.length > 0) this.trades(frame.trades, local);
        return;
      case "shutdown":
        this.logger.log("The venue will end this connection; opening the next");
        void this.connection.replace();
        return;
      case "unreadable":
        this.refused(frame.reason, frame.detail);
        return;
      case "other":
        return;
    }
  }

  private trades(trades: readonly Trade[], local: number): void {
    const own = trades.filter(({ market }) => this.followed.has(market));
    for (const trade of own) {
      const followed = this.followed.get(trade.market) as Followed;
      this.clock.observe(trade.time, local);
      followed.watch.traded(
        local,
        BigInt(trade.ord) + BigInt(trade.count) - 1n,
      );
      followed.clock = Math.max(followed.clock, trade.time);
      this.board.traded(trade.market, trade.time);
      this.board.set(trade.market, "live", null);
    }
    if (own.length < trades.length)
      this.refused(
        "not_followed",
        "a trade of a symbol that was not asked for",
      );
    if (!this.outbox.push(own)) this.connection.pause();
  }

  /** Counted always, told once a kind: a venue that changes its format must not flood the log. */
  private refused(reason: string, detail: string): void {
    this.metrics.feedRefused.inc({ venue: this.options.venue.name, reason });
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
    for (const followed of this.followed.values()) {
      if (followed.watch.isDue(local) && !followed.looking)
        void this.look(followed);
    }
  }

  private giveUp(): void {
    const dropped = this.outbox.drop();
    this.metrics.feedDropped.inc({ venue: this.options.venue.name }, dropped);
    this.logger.error(
      `The transport has taken nothing for ${PAUSE_LIMIT_MS / 1_000} s: ${dropped} records are given up, and will show as gaps`,
    );
    this.connection.reconnect();
  }

  /** A bucket that ended without a trade after it is closed by a clock record; not while its trades may be missing. */
  private writeClocks(local: number): void {
    const now = this.clock.now(local);
    if (now === undefined) return;
    const boundary = openTimeOf(this.options.interval, now - GRACE_MS);
    const clocks = [];
    for (const followed of this.followed.values()) {
      const { condition } = followed.watch;
      if (
        followed.clock >= boundary ||
        condition === "stale" ||
        condition === "down"
      )
        continue;
      followed.clock = boundary;
      clocks.push({ market: followed.market, clock: boundary });
    }
    if (clocks.length > 0) this.outbox.push(clocks);
  }

  private async look(followed: Followed): Promise<void> {
    followed.looking = true;
    try {
      const { watch, market, symbol } = followed;
      const newest = await this.newestTrade(symbol);
      const local = performance.now();
      if (this.stopping.signal.aborted || !watch.isDue(local)) return;
      const age =
        newest === undefined
          ? 0
          : (this.clock.now(local) ?? Date.now()) - newest.time;
      const verdict = watch.judge(newest, age);
      const remedy = watch.conclude(verdict, local);
      const why = {
        newer: "the venue has newer trades than it sends",
        same: "no trades; the venue has none either",
        unknown: "silent, and the venue's REST does not answer",
      }[verdict];
      this.board.set(market, watch.condition, why);
      if (remedy === "reconnect") this.connection.reconnect();
      if (remedy === "resubscribe") {
        this.connection.control(
          this.options.venue.resubscribe(symbol, this.controlId),
        );
        this.controlId += 2;
      }
    } finally {
      followed.looking = false;
    }
  }

  private async newestTrade(symbol: string): Promise<NewestTrade | undefined> {
    const { path, read } = this.options.venue.newestTrade(symbol);
    try {
      const signal = AbortSignal.any([
        this.stopping.signal,
        AbortSignal.timeout(REST_LIMIT_MS),
      ]);
      const response = await fetch(
        this.options.restUrl.replace(/\/$/, "") + path,
        { signal },
      );
      return response.ok ? read(await response.json()) : undefined;
    } catch {
      return undefined;
    }
  }
}
