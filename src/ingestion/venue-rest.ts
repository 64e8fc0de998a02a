import { Logger } from "@nestjs/common";
import type { NewestTrade, Venue } from "./venue.js";

const ANSWER_LIMIT_MS = 5_000;
const BODY_SHOWN = 200;
/** After 418, 429 or 403 without a time of the venue's own. */
const PAUSE_MS = 60_000;
const LONGEST_PAUSE_S = 3 * 86_400;

/** A venue's REST, asked rarely and never against its will. */
export class VenueRest {
  private readonly logger = new Logger(VenueRest.name);
  private silentUntil = 0;
  /** Why the last question was not answered; null after an answer. */
  problem: string | null = null;

  constructor(
    private readonly venue: Venue,
    private readonly baseUrl: string,
  ) {}

  /** Undefined when the venue does not say; `problem` then says why. */
  async newestTrade(
    symbol: string,
    signal: AbortSignal,
  ): Promise<NewestTrade | undefined> {
    if (performance.now() < this.silentUntil) return undefined;
    const question = this.venue.newestTrade(symbol);
    const limit = AbortSignal.any([
      signal,
      AbortSignal.timeout(ANSWER_LIMIT_MS),
    ]);
    try {
      const response = await fetch(
        this.baseUrl.replace(/\/$/, "") + question.path,
        { signal: limit },
      );
      if (!response.ok) {
        const text = (await response.text()).slice(0, BODY_SHOWN);
        this.problem = `${response.status} ${text}`.trim();
        this.heed(response);
        return undefined;
      }
      const newest = question.read(await response.json());
      this.problem = newest === undefined ? "an answer without a trade" : null;
      return newest;
    } catch (error) {
      const { message, cause } = error as Error;
      this.problem = cause instanceof Error ? cause.message : message;
      return undefined;
    }
  }

  /** 429 and 418 get longer with every question asked in spite of them. */
  private heed({ status, headers }: Response): void {
    if (status !== 418 && status !== 429 && status !== 403) return;
    const seconds = /^\d{1,7}$/.exec(headers.get("retry-after") ?? "")?.[0];
    const pause =
      seconds === undefined
        ? PAUSE_MS
        : Math.min(LONGEST_PAUSE_S, Number(seconds)) * 1_000;
    this.silentUntil = performance.now() + pause;
    this.logger.warn(
      `${this.venue.name} asks for fewer questions (${status}): none for ${pause / 1_000} s`,
    );
  }
}
