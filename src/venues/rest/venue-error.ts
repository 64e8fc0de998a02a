import {
  TapelineError,
  type TapelineErrorOptions,
} from "../../domain/tapeline-error.js";

/**
 * - `silenced`: the host has asked for fewer questions (418, 429, 403), and none is asked for a while
 * - `no_turn`: more urgent questions took the whole budget for longer than this one may wait
 * - `refused`: the venue answered with another error of the asker's
 * - `unavailable`: its server failed, serves nobody of our address (451), or could not be reached
 * - `timeout`: no whole answer within the limit
 * - `unreadable`: an answer that is none
 */
export type VenueCode =
  "silenced" | "no_turn" | "refused" | "unavailable" | "timeout" | "unreadable";

/** A question to a venue's REST has no answer. */
export class VenueError extends TapelineError<VenueCode> {
  constructor(
    code: VenueCode,
    message: string,
    /** How long the host wants no questions, ms. */
    readonly silentMs = 0,
    options?: TapelineErrorOptions,
  ) {
    super(code, message, options);
  }
}
