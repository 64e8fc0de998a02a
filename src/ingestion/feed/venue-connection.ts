import { Logger } from "@nestjs/common";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import { DEFAULT_TIMING, type KeepAlive, Socket, type SocketTiming } from "./socket.js";

/** Frames must come for this long before the backoff is reset. */
const PROVEN_MS = 30_000;
/** A connection is replaced this long (or a tenth of its life) before the venue ends it. */
const LIFE_MARGIN_MS = 600_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
const TAKEOVER_LIMIT_MS = 15_000;
/** Minimum time between two replacements: a venue that keeps sending "shutdown" is not hammered. */
const REPLACE_EVERY_MS = 60_000;
const AGE_CHECK_MS = 1_000;
/** The old connection stays open this long after the last subscription of the next one was sent. */
const OVERLAP_MS = 5_000;

export interface ConnectionHandlers {
  frame(text: string): void;
  /** Subscription messages of a new connection; none where its URL subscribes. */
  subscriptions(): readonly string[];
  opened(): void;
  /** Retried after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

export interface ConnectionOptions {
  url: string;
  /** The venue's limits. */
  limits: { connectionLifeMs: number; controlMessagesPerSecond: number };
  keepAlive?: KeepAlive | undefined;
  /** Delay of the first attempt: a venue limits new connections a minute. */
  startAfterMs?: number | undefined;
  timing?: SocketTiming | undefined;
  backoff?: Backoff | undefined;
}

/**
 * Keeps one WebSocket connection to a venue: reconnects with capped, jittered waits, and replaces a
 * connection that the venue will end (24 h, shutdown message) by opening the next one first.
 * Duplicates from both do no harm.
 */
export class VenueConnection {
  private readonly logger = new Logger(VenueConnection.name);
  private current: Socket | undefined;
  /** The replaced connection, read until the next one has all its subscriptions. */
  private leaving: { socket: Socket; timer: NodeJS.Timeout } | undefined;
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;
  private readonly timing: SocketTiming;
  private readonly lifeMs: number;
  private replacedAt = -Infinity;
  private replacing = Promise.resolve();
  private running: Promise<void> | undefined;
  private readonly controls: string[] = [];
  private controlTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly handlers: ConnectionHandlers,
  ) {
    this.backoff = options.backoff ?? new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    this.timing = options.timing ?? DEFAULT_TIMING;
    const life = options.limits.connectionLifeMs;
    // Spread in time: the venue limits new connections in five minutes.
    const margin = Math.min(LIFE_MARGIN_MS, life / 10) * (1 + Math.random() / 2);
    this.lifeMs = life - margin;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error("the feed is stopping"));
    clearTimeout(this.controlTimer);
    this.endLeaving();
    this.current?.close();
    await Promise.all([this.running, this.replacing]);
  }

  /** Time of the last message, by `performance.now()`; undefined without a connection. */
  get lastSign(): number | undefined {
    return this.current?.lastSign;
  }

  /** Open, and not silent for longer than two ping intervals. */
  isAlive(): boolean {
    const silent = this.current?.silentFor();
    return silent !== undefined && silent < 2 * this.timing.pingMs + 1_000;
  }

  ping(): void {
    this.current?.ping();
  }

  pause(): void {
    this.endLeaving();
    this.current?.pause();
  }

  resume(): void {
    this.current?.resume();
  }

  pausedFor(): number {
    return this.current?.pausedFor() ?? 0;
  }

  /** Whether control messages wait to be sent. */
  get isBusy(): boolean {
    return this.controls.length > 0;
  }

  /** Queues messages, which are sent at the venue's rate. */
  control(messages: readonly string[]): void {
    this.controls.push(...messages);
    this.controlTimer ??= setTimeout(() => this.sendControl(), 0);
  }

  /** Ends the connection; a new one is opened. */
  reconnect(reason: string): void {
    this.current?.terminate(reason);
  }

  /** Opens the next connection before this one ends. */
  replace(): void {
    const now = performance.now();
    if (
      now - this.replacedAt < REPLACE_EVERY_MS ||
      this.current === undefined ||
      this.stopping.signal.aborted
    )
      return;
    this.replacedAt = now;
    this.replacing = this.openNext();
  }

  private async openNext(): Promise<void> {
    const old = this.current;
    const limit = AbortSignal.timeout(TAKEOVER_LIMIT_MS);
    try {
      const next = await this.open(AbortSignal.any([this.stopping.signal, limit]));
      // The old one may have ended meanwhile, and another taken its place.
      if (this.stopping.signal.aborted || this.current !== old) next.close();
      else {
        this.current = next;
        this.leave(old);
      }
    } catch (error) {
      // The old one stays until the venue ends it, which is handled like any other end.
      this.logger.debug(`Replacing the connection failed, the old one stays: ${String(error)}`);
    }
  }

  /**
   * Closes the old connection: at once where the next one's URL subscribes, else after the overlap.
   */
  private leave(old: Socket | undefined): void {
    const messages = this.subscribe();
    this.endLeaving();
    if (old === undefined || messages === 0) {
      old?.close();
      return;
    }
    const { controlMessagesPerSecond } = this.options.limits;
    const overlap = (1_000 * messages) / controlMessagesPerSecond + OVERLAP_MS;
    const timer = setTimeout(() => this.endLeaving(), overlap);
    this.leaving = { socket: old, timer };
  }

  private endLeaving(): void {
    clearTimeout(this.leaving?.timer);
    this.leaving?.socket.close();
    this.leaving = undefined;
  }

  /** Queues the current connection's subscription messages and returns their number. */
  private subscribe(): number {
    // Waiting messages were for the previous connection.
    this.controls.length = 0;
    const messages = this.handlers.subscriptions();
    if (messages.length > 0) this.control(messages);
    return messages.length;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { startAfterMs = 0 } = this.options;
    if (startAfterMs > 0) await pause(startAfterMs, signal);
    while (!signal.aborted) {
      let reason: string;
      try {
        this.current = await this.open(signal);
        this.handlers.opened();
        this.subscribe();
        reason = await this.untilLost();
      } catch (error) {
        reason = (error as Error).message;
      }
      this.current = undefined;
      this.endLeaving();
      this.controls.length = 0;
      if (signal.aborted) return;
      const retryMs = this.backoff.next();
      this.handlers.lost(reason, retryMs);
      // An abort ends the wait and, by its condition, the loop.
      await pause(retryMs, signal);
    }
  }

  private open(signal: AbortSignal): Promise<Socket> {
    const opening = performance.now();
    const frame = (text: string): void => {
      if (performance.now() - opening > PROVEN_MS) this.backoff.reset();
      this.handlers.frame(text);
    };
    const { url, keepAlive } = this.options;
    return Socket.open(url, frame, signal, this.timing, keepAlive);
  }

  /**
   * Waits for the end of the connection or of the last one that replaced it; resolves with the
   * reason.
   */
  private async untilLost(): Promise<string> {
    const opened = performance.now();
    const age = setInterval(() => {
      const since = this.current?.openedAt ?? Infinity;
      if (performance.now() - since > this.lifeMs) this.replace();
    }, AGE_CHECK_MS);
    try {
      for (;;) {
        const socket = this.current as Socket;
        const reason = await socket.ended;
        if (this.current === socket)
          return `${reason} after ${Math.round((performance.now() - opened) / 1_000)} s`;
      }
    } finally {
      clearInterval(age);
    }
  }

  private sendControl(): void {
    const message = this.controls.shift();
    this.controlTimer = undefined;
    if (message === undefined) return;
    this.current?.send(message);
    const { controlMessagesPerSecond } = this.options.limits;
    this.controlTimer = setTimeout(() => this.sendControl(), 1_000 / controlMessagesPerSecond);
  }
}
