/** The part of a refused record that its dead letter holds. */
export const MAX_PAYLOAD_CHARACTERS = 8_192;

/** A record that was refused for good, and its origin. */
export interface DeadLetter {
  /**
   * Stable code: `undecodable`, a `Fault` code, `id_conflict`, `content_conflict`,
   * `kind_mismatch`, `refused_by_database`, …
   */
  reason: string;
  detail: string;
  topic: string;
  partition: number;
  offset: string;
  key: string | null;
  /** The record as text, cut at 8,192 characters. */
  payload: string;
  /** Epoch ms. */
  at: number;
}
