import { type ReadonlySignal, batch, effect, signal } from "@preact/signals";
import type { Status } from "../../src/api/system/status.js";
import { type ApiError, api } from "./api.js";
import type { Feed } from "./feed.js";

/** Short while there is no data yet, or history is being generated. */
const INTERVAL_MS = { waiting: 1_000, settled: 5_000 };

/** Polls the status: feed states and notices have no live channel. */
export class StatusWatch {
  private readonly newest = signal<Status | undefined>(undefined);
  private readonly failure = signal<ApiError | undefined>(undefined);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort = new AbortController();
  private readonly stopEffect: () => void;

  constructor(feed: Feed) {
    this.stopEffect = effect(() => {
      if (feed.connection.value.state === "connected") this.refresh();
    });
    this.refresh();
  }

  get status(): ReadonlySignal<Status | undefined> {
    return this.newest;
  }

  /** Why the last attempt failed. */
  get error(): ReadonlySignal<ApiError | undefined> {
    return this.failure;
  }

  refresh(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    this.abort = new AbortController();
    void this.poll(this.abort.signal);
  }

  close(): void {
    this.stopEffect();
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private async poll(signal: AbortSignal): Promise<void> {
    try {
      const status = await api.status(signal);
      if (signal.aborted) return;
      batch(() => {
        this.newest.value = status;
        this.failure.value = undefined;
      });
    } catch (error) {
      if (signal.aborted) return;
      this.failure.value = error as ApiError;
    }
    const isSettled = this.newest.peek()?.waiting === null;
    this.timer = setTimeout(
      () => void this.poll(signal),
      isSettled ? INTERVAL_MS.settled : INTERVAL_MS.waiting,
    );
  }
}
