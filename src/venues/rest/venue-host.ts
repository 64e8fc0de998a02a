import { Logger } from "@nestjs/common";
import type { RestFigures } from "./rest-figures.js";
import type { RestRequest, Venue } from "../venue.js";
import { RestBudget, URGENCIES, type Urgency } from "./rest-budget.js";
import { VenueError } from "./venue-error.js";

/** From sending a request to the end of its answer. */
const ANSWER_LIMIT_MS = 10_000;
/** How long a request may wait for its turn. */
const TURN_LIMIT_MS: Record<Urgency, number> = {
  live: 5_000,
  repair: 60_000,
  reconciliation: 60_000,
  backfill: 60_000,
};
/** Concurrent requests of all urgencies but `live`. */
const MAX_CONCURRENT = 4;
const SHOWN_BODY_CHARACTERS = 200;
const MAX_ANSWER_BYTES = 32 * 2 ** 20;
/** After 418, 429 or 403 without `Retry-After`. */
const PAUSE_MS = 60_000;
const MAX_PAUSE_SECONDS = 3 * 86_400;

interface Waiter {
  weight: number;
  /** By the monotonic clock, ms. */
  until: number;
  enter(): void;
  refuse(error: Error): void;
}

/**
 * One REST host: sends all requests to it in order of urgency, within its budget and its rate-limit
 * answers.
 */
export class VenueHost {
  private readonly logger: Logger;
  private readonly budget: RestBudget;
  private readonly waiting: Record<Urgency, Waiter[]> = {
    live: [],
    repair: [],
    reconciliation: [],
    backfill: [],
  };
  private inFlight = 0;
  private silentUntil = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly name: string;

  constructor(
    private readonly baseUrl: string,
    private readonly limits: Venue["rest"],
    private readonly figures: RestFigures,
  ) {
    this.name = new URL(baseUrl).host;
    this.logger = new Logger(`REST ${this.name}`);
    this.budget = new RestBudget(limits.budget.weight, limits.budget.perMs);
  }

  /**
   * Rejects with a VenueError, or with the signal's reason.
   *
   * @param latest newest plausible exchange time, epoch ms
   */
  async fetch<T>(
    request: RestRequest<T>,
    urgency: Urgency,
    signal: AbortSignal,
    latest: () => number,
  ): Promise<T> {
    const count = (outcome: string): void =>
      this.figures.requests.inc({ host: this.name, urgency, outcome });
    try {
      await this.waitForTurn(request.weight, urgency, signal);
      try {
        const value = await this.send(request, signal, latest);
        count("answered");
        return value;
      } finally {
        if (urgency !== "live") this.inFlight--;
        this.admit();
      }
    } catch (error) {
      if (error instanceof VenueError) count(error.code);
      throw error;
    }
  }

  private waitForTurn(weight: number, urgency: Urgency, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const queue = this.waiting[urgency];
      const limit = TURN_LIMIT_MS[urgency];
      const leave = (): void => {
        clearTimeout(late);
        signal.removeEventListener("abort", aborted);
        const at = queue.indexOf(turn);
        if (at >= 0) queue.splice(at, 1);
        this.setWaiting(urgency);
      };
      const turn: Waiter = {
        weight,
        until: performance.now() + limit,
        enter: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
          // Others may have waited behind it.
          this.admit();
        },
      };
      const aborted = (): void => turn.refuse(signal.reason as Error);
      const late = setTimeout(
        () =>
          turn.refuse(
            new VenueError(
              "no_turn",
              `no request to ${this.name} was possible within ${limit / 1_000} s: its budget is used up`,
            ),
          ),
        limit,
      );
      signal.addEventListener("abort", aborted, { once: true });
      queue.push(turn);
      this.setWaiting(urgency);
      this.refuseSilenced();
      this.admit();
    });
  }

  /** Sends the requests whose turn it is; none overtakes a more urgent one, however light it is. */
  private admit(): void {
    clearTimeout(this.timer);
    for (;;) {
      const urgency = URGENCIES.find((each) => this.waiting[each].length > 0);
      const turn = urgency && this.waiting[urgency][0];
      if (urgency === undefined || turn === undefined) return;
      if (urgency !== "live" && this.inFlight >= MAX_CONCURRENT) return;
      const now = performance.now();
      const wait = Math.max(this.silentUntil - now, this.budget.waitFor(turn.weight, urgency, now));
      if (wait > 0) {
        this.timer = setTimeout(() => this.admit(), Math.ceil(wait));
        return;
      }
      this.budget.take(turn.weight, now);
      if (urgency !== "live") this.inFlight++;
      turn.enter();
    }
  }

  private async send<T>(
    request: RestRequest<T>,
    signal: AbortSignal,
    latest: () => number,
  ): Promise<T> {
    const late = AbortSignal.timeout(ANSWER_LIMIT_MS);
    let response: Response;
    let body: string;
    try {
      response = await fetch(this.baseUrl.replace(/\/$/, "") + request.path, {
        signal: AbortSignal.any([signal, late]),
      });
      this.applyRateLimit(response);
      body = await bodyOf(response);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VenueError) throw error;
      const { message, cause } = error as Error;
      const why = late.aborted
        ? `no complete answer within ${ANSWER_LIMIT_MS / 1_000} s`
        : cause instanceof Error
          ? cause.message
          : message;
      throw new VenueError(late.aborted ? "timeout" : "unavailable", `${this.name}: ${why}`, 0, {
        cause: error,
      });
    }
    const { ok, status } = response;
    if (!ok) {
      const text = `${status} ${body.slice(0, SHOWN_BODY_CHARACTERS)}`.trim();
      const silentMs = this.silentUntil - performance.now();
      if (isRateLimit(status)) throw new VenueError("silenced", text, silentMs);
      // 451 is about our address, not about the request: a gap requested then is not lost.
      const isServerSide = status >= 500 || status === 408 || status === 451;
      throw new VenueError(isServerSide ? "unavailable" : "refused", text);
    }
    const answer = request.read(body, { receivedAt: Date.now(), latest: latest() });
    if (answer.ok) return answer.value;
    throw new VenueError("unreadable", `${answer.reason}: ${answer.detail}`);
  }

  /**
   * Takes over the used weight and stops after 418, 429 and 403: the venue extends a ban for every
   * further request.
   */
  private applyRateLimit({ status, headers }: Response): void {
    const now = performance.now();
    const { usedWeightHeader } = this.limits;
    const usedWeight = wholeNumber(
      usedWeightHeader === undefined ? null : headers.get(usedWeightHeader),
    );
    if (usedWeight !== undefined) this.budget.reported(usedWeight, now);
    this.figures.weight.set({ host: this.name }, this.budget.weightUsed(now));
    if (!isRateLimit(status)) return;
    const seconds = wholeNumber(headers.get("retry-after"));
    const pause = seconds === undefined ? PAUSE_MS : Math.min(MAX_PAUSE_SECONDS, seconds) * 1_000;
    this.silentUntil = Math.max(this.silentUntil, now + pause);
    this.logger.warn(`Rate limited (${status}): no request for ${pause / 1_000} s`);
    this.refuseSilenced();
  }

  /** Refuses at once what would time out before requests are allowed again. */
  private refuseSilenced(): void {
    const silentMs = this.silentUntil - performance.now();
    if (silentMs <= 0) return;
    for (const urgency of URGENCIES)
      for (const turn of [...this.waiting[urgency]])
        if (turn.until < this.silentUntil)
          turn.refuse(
            new VenueError(
              "silenced",
              `${this.name} limits our requests: none for another ${Math.ceil(silentMs / 1_000)} s`,
              silentMs,
            ),
          );
  }

  private setWaiting(urgency: Urgency): void {
    this.figures.waiting.set({ host: this.name, urgency }, this.waiting[urgency].length);
  }
}

function isRateLimit(status: number): boolean {
  return status === 418 || status === 429 || status === 403;
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

async function bodyOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    const chunk = part as Uint8Array;
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new VenueError("unreadable", `an answer above ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
