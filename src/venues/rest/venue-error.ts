import { TapelineError, type TapelineErrorOptions } from "../../domain/tapeline-error.js";

/**
 * - `silenced`: the host limits our requests (418, 429, 403): none is sent for `silentMs`
 * - `no_turn`: more urgent requests used the whole budget for longer than this one may wait
 * - `refused`: the venue answered with another client error
 * - `unavailable`: its server failed, blocks our address (451), or could not be reached
 * - `timeout`: no complete answer within the limit
 * - `unreadable`: the answer could not be decoded
 */
export type VenueCode =
  "silenced" | "no_turn" | "refused" | "unavailable" | "timeout" | "unreadable";

/** A request to a venue's REST failed. */
export class VenueError extends TapelineError<VenueCode> {
  constructor(
    code: VenueCode,
    message: string,
    /** For `silenced`: how long no request is sent to the host. */
    readonly silentMs = 0,
    options?: TapelineErrorOptions,
  ) {
    super(code, message, options);
  }
}
