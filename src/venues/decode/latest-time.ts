import { MAX_AHEAD_MS, MAX_AHEAD_OF_MESSAGE_MS } from "../../domain/trade.js";
import type { Arrival } from "../venue.js";

/**
 * Newest exchange time (epoch ms) that a message may hold: by its own sending time, where it has
 * one, and by the venue's clock.
 *
 * @param sentAt epoch ms; anything else where the message does not say
 */
export function latestTime({ receivedAt, latest }: Arrival, sentAt = NaN): number {
  const byMessage = sentAt > 0 ? sentAt + MAX_AHEAD_OF_MESSAGE_MS : undefined;
  if (latest === undefined) return byMessage ?? receivedAt + MAX_AHEAD_MS;
  return byMessage !== undefined && byMessage < latest ? byMessage : latest;
}
