import { Logger } from "@nestjs/common";
import type { RestFigures } from "./rest-figures.js";
import type { RestRequest, Venue } from "../venue.js";
import { RestBudget, URGENCIES, type Urgency } from "./rest-budget.js";
import { VenueError } from "./venue-error.js";

/** From question to the end of its answer. */
const ANSWER_LIMIT_MS = 10_000;
/** How long a question may wait for its turn. */
const TURN_LIMIT_MS: Record<Urgency, number> = {
  live: 5_000,
  repair: 60_000,
  reconciliation: 60_000,
  backfill: 60_000,
};
/** Questions of all but feeds that are asked at once. */
const SIDE_BY_SIDE = 4;
const BODY_SHOWN = 200;
const MAX_BYTES = 32 * 2 ** 20;
/** After 418, 429 or 403 without a time of the venue's own. */
const PAUSE_MS = 60_000;
const MAX_PAUSE_SECONDS = 3 * 86_400;

interface Waiter {
  weight: number;
  /** By the monotonic clock, ms. */
  until: number;
  enter(): void;
  refuse(error: Error): void;
}

/** One host: everybody's questions to it in order of urgency, within its budget, and never against its will. */
export class VenueHost {
  private readonly logger: Logger;
  private readonly budget: RestBudget;
  private readonly waiting: Record<Urgency, Waiter[]> = {
    live: [],
    repair: [],
    reconciliation: [],
    backfill: [],
  };
  private underWay = 0;
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

  async ask<T>(
    question: RestRequest<T>,
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<T> {
    const count = (outcome: string): void =>
      this.figures.questions.inc({ host: this.name, urgency, outcome });
    try {
      await this.turn(question.weight, urgency, signal);
      try {
        const value = await this.exchange(question, signal);
        count("answered");
        return value;
      } finally {
        if (urgency !== "live") this.underWay--;
        this.admit();
      }
    } catch (error) {
      if (error instanceof VenueError) count(error.code);
      throw error;
    }
  }

  private turn(
    weight: number,
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<void> {
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
        this.tellWaiting(urgency);
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
              `${this.name} could not be asked within ${limit / 1_000} s: its budget is used up`,
            ),
          ),
        limit,
      );
      signal.addEventListener("abort", aborted, { once: true });
      queue.push(turn);
      this.tellWaiting(urgency);
      this.refuseSilenced();
      this.admit();
    });
  }

  /** Lets in whose turn it is; a question never overtakes a more urgent one, however light it is. */
  private admit(): void {
    clearTimeout(this.timer);
    for (;;) {
      const urgency = URGENCIES.find((each) => this.waiting[each].length > 0);
      const turn = urgency && this.waiting[urgency][0];
      if (urgency === undefined || turn === undefined) return;
      if (urgency !== "live" && this.underWay >= SIDE_BY_SIDE) return;
      const now = performance.now();
      const wait = Math.max(
        this.silentUntil - now,
        this.budget.waitFor(turn.weight, urgency, now),
      );
      if (wait > 0) {
        this.timer = setTimeout(() => this.admit(), Math.ceil(wait));
        return;
      }
      this.budget.take(turn.weight, now);
      if (urgency !== "live") this.underWay++;
      turn.enter();
    }
  }

  private async exchange<T>(
    question: RestRequest<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const late = AbortSignal.timeout(ANSWER_LIMIT_MS);
    let response: Response;
    let body: string;
    try {
      response = await fetch(this.baseUrl.replace(/\/$/, "") + question.path, {
        signal: AbortSignal.any([signal, late]),
      });
      this.heed(response);
      body = await bodyOf(response);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VenueError) throw error;
      const { message, cause } = error as Error;
      const why = late.aborted
        ? `no whole answer within ${ANSWER_LIMIT_MS / 1_000} s`
        : cause instanceof Error
          ? cause.message
          : message;
      throw new VenueError(
        late.aborted ? "timeout" : "unavailable",
        `${this.name}: ${why}`,
        0,
        { cause: error },
      );
    }
    const { ok, status } = response;
    if (!ok) {
      const text = `${status} ${body.slice(0, BODY_SHOWN)}`.trim();
      const silentMs = this.silentUntil - performance.now();
      if (isSilencing(status)) throw new VenueError("silenced", text, silentMs);
      // 451 is about our address, and says nothing of the question: a gap asked for then is not lost.
      const isTheirs = status >= 500 || status === 408 || status === 451;
      throw new VenueError(isTheirs ? "unavailable" : "refused", text);
    }
    const answer = question.read(body, Date.now());
    if (answer.ok) return answer.value;
    throw new VenueError("unreadable", `${answer.reason}: ${answer.detail}`);
  }

  /** 429 and 418 get longer with every question asked in spite of them. */
  private heed({ status, headers }: Response): void {
    const now = performance.now();
    const { usedWeightHeader } = this.limits;
    const told = wholeNumber(
      usedWeightHeader === undefined ? null : headers.get(usedWeightHeader),
    );
    if (told !== undefined) this.budget.told(told, now);
    this.figures.weight.set({ host: this.name }, this.budget.weightUsed(now));
    if (!isSilencing(status)) return;
    const seconds = wholeNumber(headers.get("retry-after"));
    const pause =
      seconds === undefined
        ? PAUSE_MS
        : Math.min(MAX_PAUSE_SECONDS, seconds) * 1_000;
    this.silentUntil = Math.max(this.silentUntil, now + pause);
    this.logger.warn(
      `It asks for fewer questions (${status}): none for ${pause / 1_000} s`,
    );
    this.refuseSilenced();
  }

  /** Who could not outwait the silence need not wait at all. */
  private refuseSilenced(): void {
    const silentMs = this.silentUntil - performance.now();
    if (silentMs <= 0) return;
    for (const urgency of URGENCIES)
      for (const turn of [...this.waiting[urgency]])
        if (turn.until < this.silentUntil)
          turn.refuse(
            new VenueError(
              "silenced",
              `${this.name} has asked for fewer questions: none for another ${Math.ceil(silentMs / 1_000)} s`,
              silentMs,
            ),
          );
  }

  private tellWaiting(urgency: Urgency): void {
    this.figures.waiting.set(
      { host: this.name, urgency },
      this.waiting[urgency].length,
    );
  }
}

function isSilencing(status: number): boolean {
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
    if (bytes > MAX_BYTES)
      throw new VenueError("unreadable", `an answer above ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
