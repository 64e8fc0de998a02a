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
  /** Everything held is what the server says now, as far as one can know. */
  fresh: boolean;
  /** Older candles are on their way. */
  loading: boolean;
  /** There is nothing older. */
  complete: boolean;
  /** Why the newest attempt to read failed, in the server's words. */
  error: string | undefined;
}

/** Rows of one REST page, as many as the API gives at most. */
const PAGE = 1_000;
/** Pages that `reach` reads at most: 50,000 candles. */
const REACH_PAGES = 50;
const RETRY_MS = { first: 1_000, cap: 15_000 };

export function candleSource(
  feed: Feed,
  market: Market,
  interval: Interval,
): CandleSource {
  return {
    follow: (listener) =>
      feed.follow({ channel: "candles", market, interval }, listener),
    page: (page, signal) => api.candles(market, interval, page, signal),
  };
}

/**
 * The candles of one market and interval: the newest ones live, older ones on demand, without a hole between.
 *
 * After every loss of the feed they are collected anew, beside those held: what the snapshot brings (from the oldest
 * held on), the frames since, and the rest over REST where the snapshot does not reach back. Only when that is
 * complete does it take the place of what was held, so that the series then is what REST says, whether the server that
 * answers is the same, a restarted one or one with another store.
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
  /** What has come since the feed was lost; undefined while nothing is missing. */
  private incoming: Incoming | undefined = newIncoming();
  /** Ends the reading that a newer loss of the feed makes pointless. */
  private abort = new AbortController();
  private started = false;
  private olderPage: Promise<void> | undefined;
  /** Ends the reading of older candles that what is held now makes pointless. */
  private olderAbort = new AbortController();
  /** What frames brought while it is read: the page may say less. */
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
        this.tell(this.list.merge(this.joining(rows, this.list)));
      },
      stale: () => this.lost(),
      refused: ({ detail }) => this.patch({ loading: false, error: detail }),
    });
  }

  get state(): ReadonlySignal<SeriesState> {
    return this.status;
  }

  /** Calls back with the lowest index that has changed; returns what ends it. */
  listen(listener: (from: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads one page of older candles; the one under way when there is one. */
  older(): Promise<void> {
    if (this.olderPage !== undefined) return this.olderPage;
    const first = this.list.first;
    if (first === undefined || this.status.peek().complete)
      return Promise.resolve();
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
        this.tell(lowest(from, this.list.merge(later)));
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

  /** Reads until a candle of `time` or before is held; false when that takes more than 50 pages, or reading failed. */
  async reach(time: number): Promise<boolean> {
    for (let page = 0; page < REACH_PAGES; page++) {
      if (this.isBack(this.list, time) || this.status.peek().complete)
        return true;
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

  /** Reads what the snapshot leaves out, then puts it all in the place of what was held. */
  private async collect(
    { pages, frames }: Incoming,
    signal: AbortSignal,
  ): Promise<void> {
    let delay = RETRY_MS.first;
    let complete = false;
    // History may have been loaded meanwhile, or another store answers: that nothing is older is asked once more.
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
        await waited(delay, signal);
        if (signal.aborted) return;
        delay = Math.min(delay * 2, RETRY_MS.cap);
      }
    }
    // Asked for before the server was back, it may be of a store that is no more.
    this.dropOlder();
    this.patch({ fresh: true, loading: false, complete, error: undefined });
    pages.merge(this.joining(frames.rows, pages));
    this.incoming = undefined;
    this.started = true;
    this.tell(this.list.replace(pages.rows));
  }

  private dropOlder(): void {
    this.olderAbort.abort();
    this.olderPage = undefined;
  }

  /** A late trade can change a candle that is older than all held: to take it would leave a hole behind it. */
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

  private tell(from: number | undefined): void {
    if (from === undefined) return;
    for (const listener of this.listeners) listener(from);
  }
}

interface Incoming {
  /** Without a hole: the snapshot and what was read. */
  pages: CandleList;
  frames: CandleList;
}

function newIncoming(): Incoming {
  return { pages: new CandleList(), frames: new CandleList() };
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
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
