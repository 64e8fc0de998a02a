import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.js";
import { DEFAULT_TIMING, Socket, type SocketTiming } from "./socket.js";

/** Data have to flow for this long before a new failure counts as the first. */
const PROVEN_MS = 30_000;
/** Replaced this long before the venue would end it, give or take a tenth, so that many do not change at once. */
const LIFE_MARGIN_MS = 600_000;
const TAKEOVER_LIMIT_MS = 15_000;

export interface ConnectionHandlers {
  frame(text: string): void;
  opened(): void;
  /** Being tried again after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

/**
 * Keeps one WebSocket connection to a venue, for ever: reconnects with capped, jittered waits; replaces a connection
 * that the venue will end (24 h, shutdown message) by opening the next one first, whose duplicates do no harm.
 */
export class VenueConnection {
  private current: Socket | undefined;
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;
  private replacing = false;
  private running: Promise<void> | undefined;
  private readonly controls: string[] = [];
  private controlTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly limits: {
      connectionLifeMs: number;
      controlMessagesPerSecond: number;
    },
    private readonly handlers: ConnectionHandlers,
    private readonly timing: SocketTiming = DEFAULT_TIMING,
    backoff?: Backoff,
  ) {
    this.backoff = backoff ?? new Backoff();
  }

  start(): void {
    this.running ??= this.run().catch(
      () => undefined /* stopped while it waited */,
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error("the feed is stopping"));
    clearTimeout(this.controlTimer);
    this.current?.close();
    await this.running;
  }

  isAlive(): boolean {
    return this.current?.isAlive() ?? false;
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

  /** Sent one after the other, at the venue's rate. */
  control(messages: readonly string[]): void {
    this.controls.push(...messages);
    this.controlTimer ??= setTimeout(() => this.sendControl(), 0);
  }

  /** Ends the connection, so that a new one is made. */
  reconnect(): void {
    this.current?.terminate();
  }

  /** Opens the next connection before this one ends. */
  async replace(): Promise<void> {
    if (this.replacing || this.stopping.signal.aborted) return;
    this.replacing = true;
    try {
      const old = this.current;
      const limit = AbortSignal.any([
        this.stopping.signal,
        AbortSignal.timeout(TAKEOVER_LIMIT_MS),
      ]);
      const next = await Socket.open(
        this.url,
        this.handlers,
        limit,
        this.timing,
      );
      if (this.stopping.signal.aborted) {
        next.close();
        return;
      }
      this.current = next;
      old?.close();
    } catch {
      // The old one goes on as long as the venue lets it; its end is handled like any other.
    } finally {
      this.replacing = false;
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let reason: string;
      try {
        this.current = await Socket.open(
          this.url,
          this.handlers,
          signal,
          this.timing,
        );
        this.handlers.opened();
        reason = await this.untilLost();
      } catch (error) {
        reason = (error as Error).message;
      }
      this.current = undefined;
      if (signal.aborted) return;
      const retryMs = this.backoff.next();
      this.handlers.lost(reason, retryMs);
      await sleep(retryMs, undefined, { signal });
    }
  }

  /** Follows the connection and those that replace it. */
  private async untilLost(): Promise<string> {
    const opened = Date.now();
    const life =
      this.limits.connectionLifeMs - LIFE_MARGIN_MS * (0.9 + Math.random() / 5);
    const renewal = setInterval(
      () => void this.replace(),
      Math.max(life, this.limits.connectionLifeMs / 2),
    );
    const proven = setTimeout(() => this.backoff.reset(), PROVEN_MS);
    try {
      for (;;) {
        const socket = this.current as Socket;
        const reason = await socket.ended;
        if (this.current === socket)
          return `${reason} after ${Math.round((Date.now() - opened) / 1_000)} s`;
      }
    } finally {
      clearInterval(renewal);
      clearTimeout(proven);
    }
  }

  private sendControl(): void {
    const message = this.controls.shift();
    if (message === undefined) {
      this.controlTimer = undefined;
      return;
    }
    this.current?.send(message);
    this.controlTimer = setTimeout(
      () => this.sendControl(),
      1_000 / this.limits.controlMessagesPerSecond,
    );
  }
}
