import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import { Backoff } from "./backoff.js";
import { DEFAULT_TIMING, Socket, type SocketTiming } from "./socket.js";

/** Frames have to come for this long before a new failure counts as the first. */
const PROVEN_MS = 30_000;
/** Replaced this long before the venue would end it (or a tenth of its life), so that the next one has time to open. */
const LIFE_MARGIN_MS = 600_000;
const TAKEOVER_LIMIT_MS = 15_000;
/** Between two attempts to replace a connection: a venue that says "shutdown" all the time is not hammered. */
const REPLACE_EVERY_MS = 60_000;
const AGE_CHECK_MS = 1_000;

export interface ConnectionHandlers {
  frame(text: string): void;
  opened(): void;
  /** Being tried again after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

export interface ConnectionOptions {
  url: string;
  /** The venue's own: when it ends a connection, and how much it listens to. */
  limits: { connectionLifeMs: number; controlMessagesPerSecond: number };
  timing?: SocketTiming | undefined;
  backoff?: Backoff | undefined;
}

/**
 * Keeps one WebSocket connection to a venue, for ever: reconnects with capped, jittered waits; replaces a connection
 * that the venue will end (24 h, shutdown message) by opening the next one first, whose duplicates do no harm.
 */
export class VenueConnection {
  private readonly logger = new Logger(VenueConnection.name);
  private current: Socket | undefined;
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
    this.backoff = options.backoff ?? new Backoff();
    this.timing = options.timing ?? DEFAULT_TIMING;
    const life = options.limits.connectionLifeMs;
    // Not all at the same moment: the venue limits how many connections are made in five minutes.
    const margin =
      Math.min(LIFE_MARGIN_MS, life / 10) * (1 + Math.random() / 2);
    this.lifeMs = life - margin;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error("the feed is stopping"));
    clearTimeout(this.controlTimer);
    this.current?.close();
    await Promise.all([this.running, this.replacing]);
  }

  /** When something came last, by `performance.now()`; undefined without a connection. */
  get lastSign(): number | undefined {
    return this.current?.lastSign;
  }

  /** Open, and not silent for longer than two pings. */
  isAlive(): boolean {
    const silent = this.current?.silentFor();
    return silent !== undefined && silent < 2 * this.timing.pingMs + 1_000;
  }

  ping(): void {
    this.current?.ping();
  }

  pause(): void {
    this.current?.pause();
  }

  resume(): void {
    this.current?.resume();
  }

  pausedFor(): number {
    return this.current?.pausedFor() ?? 0;
  }

  /** Control messages that wait for their turn. */
  get isBusy(): boolean {
    return this.controls.length > 0;
  }

  /** Sent one after the other, at the venue's rate. */
  control(messages: readonly string[]): void {
    this.controls.push(...messages);
    this.controlTimer ??= setTimeout(() => this.sendControl(), 0);
  }

  /** Ends the connection, so that a new one is made. */
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
    this.replacing = this.takeOver();
  }

  private async takeOver(): Promise<void> {
    const old = this.current;
    const limit = AbortSignal.timeout(TAKEOVER_LIMIT_MS);
    try {
      const next = await this.open(
        AbortSignal.any([this.stopping.signal, limit]),
      );
      // It may have ended meanwhile, and another been made in its place.
      if (this.stopping.signal.aborted || this.current !== old) next.close();
      else {
        this.current = next;
        old?.close();
      }
    } catch (error) {
      // The old one goes on for as long as the venue lets it; its end is handled like any other.
      this.logger.debug(`No next connection yet: ${String(error)}`);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let reason: string;
      try {
        this.current = await this.open(signal);
        this.handlers.opened();
        reason = await this.untilLost();
      } catch (error) {
        reason = (error as Error).message;
      }
      this.current = undefined;
      // Meant for subscriptions that ended with the connection; the next one asks for all of them by its URL.
      this.controls.length = 0;
      if (signal.aborted) return;
      const retryMs = this.backoff.next();
      this.handlers.lost(reason, retryMs);
      // An abort ends the wait, and the loop by its condition.
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private open(signal: AbortSignal): Promise<Socket> {
    const opening = performance.now();
    const frame = (text: string): void => {
      if (performance.now() - opening > PROVEN_MS) this.backoff.reset();
      this.handlers.frame(text);
    };
    return Socket.open(this.options.url, frame, signal, this.timing);
  }

  /** Follows the connection and those that replace it. */
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
    this.controlTimer = setTimeout(
      () => this.sendControl(),
      1_000 / controlMessagesPerSecond,
    );
  }
}
