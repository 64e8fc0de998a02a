/**
 * - `silenced`: the host has asked for fewer questions (418, 429, 403), and none is asked for a while
 * - `no_turn`: more urgent questions took the whole budget for longer than this one may wait
 * - `refused`: the venue answered with another error of the asker's
 * - `unavailable`: its server failed, serves nobody of our address (451), or could not be reached
 * - `timeout`: no whole answer within the limit
 * - `unreadable`: an answer that is none
 */
export type VenueReason =
  "silenced" | "no_turn" | "refused" | "unavailable" | "timeout" | "unreadable";

/** A question to a venue's REST has no answer. */
export class VenueError extends Error {
  /** Whether the same question may be answered later. */
  readonly canRetry: boolean;

  constructor(
    readonly reason: VenueReason,
    message: string,
    /** How long the host wants no questions, ms. */
    readonly silentMs = 0,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "VenueError";
    this.canRetry = reason !== "refused";
  }
}
