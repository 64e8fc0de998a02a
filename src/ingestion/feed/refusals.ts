import { Logger } from "@nestjs/common";
import { MAX_PAYLOAD_CHARACTERS } from "../../domain/dead-letter.js";
import type { Market } from "../../domain/market.js";
import type { Refusal } from "../../domain/trade.js";
import { MINUTE_MS } from "../../domain/units.js";
import type { Refused } from "../../venues/venue.js";
import type { FeedBoard } from "./feed-board.js";
import type { FeedFigures } from "./feed-figures.js";

/** Dead letters of one connection in a minute: a venue may change its format for good. */
const MAX_LETTERS_PER_MINUTE = 100;

/**
 * What a connection brings and we do not accept: counted, logged once for each reason, and sent to
 * the dead letters, as far as `MAX_LETTERS_PER_MINUTE` allows.
 */
export class Refusals {
  private readonly logger: Logger;
  private readonly loggedReasons = new Set<string>();
  private minute = -Infinity;
  private letters = 0;

  constructor(
    private readonly venue: string,
    private readonly markets: () => Iterable<Market>,
    private readonly board: FeedBoard,
    private readonly figures: FeedFigures,
  ) {
    this.logger = new Logger(`Feed ${venue}`);
  }

  /**
   * Counts and logs it. Returns its record for topic `trades`; undefined beyond the limit.
   *
   * @param text the whole message
   */
  add({ reason, detail, market }: Refused, text: string): Refusal | undefined {
    this.count(reason, detail);
    const minute = Math.floor(performance.now() / MINUTE_MS);
    if (minute !== this.minute) this.letters = 0;
    this.minute = minute;
    if (++this.letters > MAX_LETTERS_PER_MINUTE) return undefined;
    return {
      market: market ?? this.venue,
      refused: reason,
      detail,
      text: text.slice(0, MAX_PAYLOAD_CHARACTERS),
    };
  }

  /** For what is nobody's trade: without a dead letter. */
  count(reason: string, detail: string): void {
    this.figures.refused.inc({ venue: this.venue, reason });
    for (const market of this.markets()) this.board.refused(market);
    if (this.loggedReasons.has(reason)) return;
    this.loggedReasons.add(reason);
    this.logger.warn(
      `A frame was not accepted (${reason}): ${detail}. Others of this kind are only counted`,
    );
  }
}
