import { Logger } from "@nestjs/common";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import {
  DEFAULT_TIMING,
  type KeepAlive,
  Socket,
  type SocketTiming,
} from "./socket.js";

/** Frames have to come for this long before a new failure counts as the first. */
const PROVEN_MS = 30_000;
/** Replaced this long before the venue would end it (or a tenth of its life), so that the next one has time to open. */
const LIFE_MARGIN_MS = 600_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
const TAKEOVER_LIMIT_MS = 15_000;
/** Between two attempts to replace a connection: a venue that says "shutdown" all the time is not hammered. */
const REPLACE_EVERY_MS = 60_000;
const AGE_CHECK_MS = 1_000;
/** The old connection is kept for this long after the last subscription of the next one was sent. */
const OVERLAP_MS = 5_000;

export interface ConnectionHandlers {
  frame(text: string): void;
  /** Messages that begin the streams of a new connection, where its URL does not. */
  subscriptions(): readonly string[];
  opened(): void;
  /** Being tried again after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

export interface ConnectionOptions {
  url: string;
  /** The venue's own: when it ends a connection, and how much it listens to. */
  limits: { connectionLifeMs: number; controlMessagesPerSecond: number };
  keepAlive?: KeepAlive | undefined;
  /** Before the first attempt: a venue limits how many connections are made a minute. */
  startAfterMs?: number | undefined;
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
  /** Replaced, and read until the next one is sure to have everything. */
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
    this.endLeaving();
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
    this.endLeaving();
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
        this.leave(old);
      }
    } catch (error) {
      // The old one goes on for as long as the venue lets it; its end is handled like any other.
      this.logger.debug(`No next connection yet: ${String(error)}`);
    }
  }

  /** Closed at once where the next connection's URL has subscribed everything. */
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

  /** Of what the current connection is to carry; returns how many messages that takes. */
  private subscribe(): number {
    // What waits was meant for the connection before.
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
      // An abort ends the wait, and the loop by its condition.
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
