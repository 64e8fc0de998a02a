import { type ReadonlySignal, signal } from "@preact/signals";
import type { Candle } from "../../src/domain/candle.js";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import { type Page, api } from "./api.js";
import { CandleList, lowest } from "./candle-list.js";
import type { Feed } from "./feed.js";
import type { Listener } from "./room.js";

export interface CandleSource {
  follow: (listener: Listener<Candle>) => () => void;
  page: (page: Page, signal: AbortSignal) => Promise<Candle[]>;
}

export interface SeriesState {
  /** Whether all candles are current, as far as the page can know. */
  fresh: boolean;
  /** Whether older candles are being loaded. */
  loading: boolean;
  /** Whether there is no older candle. */
  complete: boolean;
  /** The server's text of why the last read failed. */
  error: string | undefined;
}

/** Rows of one REST page, the API's maximum. */
const PAGE = 1_000;
/** Maximum pages that `reach` reads: 50,000 candles. */
const MAX_REACH_PAGES = 50;
const RETRY_MS = { first: 1_000, cap: 15_000 };

export function candleSource(feed: Feed, market: Market, interval: Interval): CandleSource {
  return {
    follow: (listener) => feed.follow({ channel: "candles", market, interval }, listener),
    page: (page, signal) => api.candles(market, interval, page, signal),
  };
}

/**
 * The candles of one market and interval: the newest ones live, older ones on demand, without a gap
 * between them.
 *
 * After every loss of the feed they are reloaded into a second list: the snapshot (from the oldest
 * loaded candle on), the frames since, and the rest over REST where the snapshot does not reach
 * back. Only when that is complete does it replace the first list, so that the series equals what
 * REST returns, whether the answering server is the same, a restarted one or one with another
 * store.
 */
export class CandleSeries {
  readonly list = new CandleList();
  private readonly status = signal<SeriesState>({
    fresh: false,
    loading: true,
    complete: false,
    error: undefined,
  });
  private readonly listeners = new Set<(from: number) => void>();
  /** Candles received since the feed was lost; undefined while nothing is missing. */
  private incoming: Incoming | undefined = newIncoming();
  /** Aborts a reload that a newer loss of the feed makes obsolete. */
  private abort = new AbortController();
  private started = false;
  private olderPage: Promise<void> | undefined;
  /** Aborts a read of older candles that a reload makes obsolete. */
  private olderAbort = new AbortController();
  /** Candles of frames during a read of older ones, whose page may have earlier versions. */
  private meanwhile: Candle[] = [];
  private readonly stop: () => void;

  constructor(private readonly source: CandleSource) {
    this.stop = source.follow({
      since: () => this.list.first?.openTime,
      snapshot: (rows) => {
        this.incoming ??= newIncoming();
        this.incoming.pages.merge(rows);
        void this.collect(this.incoming, this.abort.signal);
      },
      frame: (rows) => {
        this.incoming?.frames.merge(rows);
        if (this.olderPage !== undefined) this.meanwhile.push(...rows);
        if (!this.started) return;
        this.notify(this.list.merge(this.joining(rows, this.list)));
      },
      stale: () => this.lost(),
      refused: ({ detail }) => this.patch({ loading: false, error: detail }),
    });
  }

  get state(): ReadonlySignal<SeriesState> {
    return this.status;
  }

  /** Calls back with the lowest index that has changed; returns a function that unsubscribes. */
  listen(listener: (from: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads one page of older candles; joins a running read if there is one. */
  older(): Promise<void> {
    if (this.olderPage !== undefined) return this.olderPage;
    const first = this.list.first;
    if (first === undefined || this.status.peek().complete) return Promise.resolve();
    this.olderAbort = new AbortController();
    const { signal } = this.olderAbort;
    this.patch({ loading: true });
    this.meanwhile = [];
    const page = this.source
      .page({ end: first.openTime, limit: PAGE }, signal)
      .then((rows) => {
        signal.throwIfAborted();
        const complete = rows.length < PAGE;
        this.patch({ loading: false, complete, error: undefined });
        const from = this.list.merge(rows);
        const later = this.joining(this.meanwhile, this.list);
        this.notify(lowest(from, this.list.merge(later)));
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        this.patch({ loading: false, error: (error as Error).message });
      })
      .finally(() => {
        if (this.olderPage === page) this.olderPage = undefined;
      });
    this.olderPage = page;
    return page;
  }

  /**
   * Reads until a candle of `time` or before is loaded; false after `MAX_REACH_PAGES`, or if a read
   * failed.
   */
  async reach(time: number): Promise<boolean> {
    for (let page = 0; page < MAX_REACH_PAGES; page++) {
      if (this.isBack(this.list, time) || this.status.peek().complete) return true;
      if (this.list.first === undefined) return false;
      await this.older();
      if (this.status.peek().error !== undefined) return false;
    }
    return this.isBack(this.list, time);
  }

  close(): void {
    this.stop();
    this.abort.abort();
    this.olderAbort.abort();
    this.listeners.clear();
  }

  private lost(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.incoming = newIncoming();
    this.dropOlder();
    this.patch({ fresh: false, loading: !this.started });
  }

  /** Reads the candles before the snapshot, then replaces the list. */
  private async collect({ pages, frames }: Incoming, signal: AbortSignal): Promise<void> {
    let delay = RETRY_MS.first;
    let complete = false;
    // History may have been loaded meanwhile, or another store may answer: confirms that nothing is
    // older.
    let isToConfirm = this.status.peek().complete;
    while (!complete && (isToConfirm || !this.isCovered(pages))) {
      try {
        const end = pages.first?.openTime;
        const rows = await this.source.page({ end, limit: PAGE }, signal);
        signal.throwIfAborted();
        pages.merge(rows);
        complete = rows.length < PAGE;
        isToConfirm = false;
        delay = RETRY_MS.first;
      } catch (error) {
        if (signal.aborted) return;
        this.patch({ error: (error as Error).message });
        await pause(delay, signal);
        if (signal.aborted) return;
        delay = Math.min(delay * 2, RETRY_MS.cap);
      }
    }
    // A page requested before the server was back may be from a store that no longer exists.
    this.dropOlder();
    this.patch({ fresh: true, loading: false, complete, error: undefined });
    pages.merge(this.joining(frames.rows, pages));
    this.incoming = undefined;
    this.started = true;
    this.notify(this.list.replace(pages.rows));
  }

  private dropOlder(): void {
    this.olderAbort.abort();
    this.olderPage = undefined;
  }

  /**
   * Ignores candles older than the first loaded one (a late trade can change them): they would
   * leave a gap after them.
   */
  private joining(rows: readonly Candle[], list: CandleList): Candle[] {
    const first = list.first?.openTime ?? 0;
    const { complete } = this.status.peek();
    return rows.filter(({ openTime }) => complete || openTime >= first);
  }

  private isCovered(incoming: CandleList): boolean {
    const { first } = this.list;
    return first === undefined || this.isBack(incoming, first.openTime);
  }

  private isBack({ first }: CandleList, time: number): boolean {
    return first !== undefined && first.openTime <= time;
  }

  private patch(change: Partial<SeriesState>): void {
    this.status.value = { ...this.status.peek(), ...change };
  }

  private notify(from: number | undefined): void {
    if (from === undefined) return;
    for (const listener of this.listeners) listener(from);
  }
}

interface Incoming {
  /** Contiguous: the snapshot and the pages read. */
  pages: CandleList;
  frames: CandleList;
}

function newIncoming(): Incoming {
  return { pages: new CandleList(), frames: new CandleList() };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
