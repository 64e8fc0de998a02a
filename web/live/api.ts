import type { Status } from "../../src/api/system/status.js";
import type { System } from "../../src/api/system/system.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import type { Trade } from "../../src/domain/trade.js";
import type { Problem } from "../../src/http/problem.js";
import type { Ticker } from "../../src/live/ticker.js";
import type { Backfill } from "../../src/persistence/stores/backfills/backfill-store.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import type { Sparkline } from "../../src/persistence/stores/candles/sparkline-store.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";

import { noteServerTime } from "./server-clock.js";

const TIMEOUT_MS = 15_000;

/** An error of the API, with its own text; `status` 0 when there was no answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    /** The API's stable code, or `unreachable`. */
    readonly code: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

/**
 * `start` inclusive, `end` exclusive, epoch ms. Without times the newest `limit`; only `start`: the
 * oldest from there.
 */
export interface Page {
  start?: number | undefined;
  end?: number | undefined;
  limit?: number | undefined;
}

export const api = {
  status: (signal?: AbortSignal) => get<Status>("/api/v1/status", {}, signal),
  markets: (signal?: AbortSignal) => get<MarketSummary[]>("/api/v1/markets", {}, signal),
  sparklines: (signal?: AbortSignal) => get<Sparkline[]>("/api/v1/sparklines", {}, signal),
  system: (signal?: AbortSignal) => get<System>("/api/v1/system", {}, signal),
  /** Newest first. */
  backfills: (page: { limit?: number }, signal?: AbortSignal) =>
    get<Backfill[]>("/api/v1/backfills", page, signal),
  market: (market: Market, signal?: AbortSignal) => get<MarketSummary>(pathOf(market), {}, signal),
  ticker: (market: Market, signal?: AbortSignal) =>
    get<Ticker>(pathOf(market, "ticker"), {}, signal),
  /** Ascending; at most 1,000. */
  candles: (market: Market, interval: Interval, page: Page, signal?: AbortSignal) =>
    get<Candle[]>(pathOf(market, "candles"), { interval, ...page }, signal),
  /** The evidence for the candle that opens at `openTime`. */
  explanation: (market: Market, interval: Interval, openTime: number, signal?: AbortSignal) =>
    get<CandleExplanation>(pathOf(market, `candles/${openTime}/explain`), { interval }, signal),
  /** Ascending by (time, ord). */
  trades: (market: Market, page: Page, signal?: AbortSignal) =>
    get<Trade[]>(pathOf(market, "trades"), { ...page }, signal),
  gaps: (market: Market, page: { limit?: number }, signal?: AbortSignal) =>
    get<Gap[]>(pathOf(market, "gaps"), page, signal),
};

/** URL of the range as a CSV download, streamed and with exact decimals. */
export function candlesCsvUrl(
  market: Market,
  interval: Interval,
  { start, end }: { start: number; end?: number | undefined },
): string {
  return urlOf(pathOf(market, "candles"), {
    interval,
    start,
    end,
    format: "csv",
  });
}

export function pathOf(market: Market, part?: string): string {
  const path = `/api/v1/markets/${encodeURIComponent(market)}`;
  return part === undefined ? path : `${path}/${part}`;
}

type Query = Record<string, string | number | undefined>;

export function urlOf(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
}

/** Throws an `ApiError`, or the signal's own reason when the caller gave up. */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(urlOf(path, query), {
      headers: { Accept: "application/json" },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    noteServerTime(response.headers.get("date"));
    if (response.ok) return (await response.json()) as T;
  } catch (cause) {
    signal?.throwIfAborted();
    const detail = timeout.aborted
      ? `The server has not answered for ${TIMEOUT_MS / 1000} s.`
      : "The server cannot be reached.";
    throw new ApiError(0, "unreachable", detail, { cause });
  }
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new ApiError(status, problem.code ?? "error", problem.detail ?? `${status} ${statusText}`);
}
