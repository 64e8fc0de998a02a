import { type ReadonlySignal, batch, signal } from "@preact/signals";
import type { System } from "../../src/api/system/system.js";
import type { Backfill } from "../../src/persistence/stores/backfills/backfill-store.js";
import { type ApiError, api } from "../live/api.js";

const INTERVAL_MS = 2_000;
const NEWEST_JOBS = 50;

/** Polls the state of the system while its page is shown. */
export class SystemWatch {
  private readonly newest = signal<System | undefined>(undefined);
  private readonly jobs = signal<readonly Backfill[]>([]);
  private readonly failure = signal<ApiError | undefined>(undefined);
  private readonly received = signal<number | undefined>(undefined);
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    void this.poll();
  }

  get system(): ReadonlySignal<System | undefined> {
    return this.newest;
  }

  /** The newest jobs, newest first. */
  get backfills(): ReadonlySignal<readonly Backfill[]> {
    return this.jobs;
  }

  get error(): ReadonlySignal<ApiError | undefined> {
    return this.failure;
  }

  /** Of `system`, epoch ms of this browser's clock. */
  get receivedAt(): ReadonlySignal<number | undefined> {
    return this.received;
  }

  close(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  private async poll(): Promise<void> {
    const { signal } = this.abort;
    try {
      const [system, jobs] = await Promise.all([
        api.system(signal),
        api.backfills({ limit: NEWEST_JOBS }, signal),
      ]);
      if (signal.aborted) return;
      batch(() => {
        this.newest.value = system;
        this.jobs.value = jobs;
        this.failure.value = undefined;
        this.received.value = Date.now();
      });
    } catch (error) {
      if (signal.aborted) return;
      this.failure.value = error as ApiError;
    }
    this.timer = setTimeout(() => void this.poll(), INTERVAL_MS);
  }
}
