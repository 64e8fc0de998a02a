import { marketOfKey } from "../codec.js";
import { LaneShare } from "../lane-share.js";

export interface KnownKey {
  text: string;
  lane: number;
}

/** More markets than a topic has; beyond (keys of candles), the map is cleared. */
const MAX_KEYS = 10_000;

/**
 * Text and lane of records' keys. A topic has few keys and millions of records: each key is decoded
 * once instead of once a record, which saves the garbage collector a string that lives as long as
 * its record waits.
 */
export class KnownKeys {
  /** By a hash of the bytes; of two keys with the same hash, the newer is kept. */
  private readonly keys = new Map<number, KnownKey>();

  private readonly share: LaneShare;

  constructor(lanes: number) {
    this.share = new LaneShare(lanes);
  }

  of(bytes: Buffer): KnownKey {
    let hash = 0x811c9dc5;
    for (let at = 0; at < bytes.length; at++)
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    const known = this.keys.get(hash);
    if (known !== undefined && isText(bytes, known.text)) return known;
    const text = bytes.toString();
    const key = { text, lane: this.share.of(marketOfKey(text)) };
    if (this.keys.size >= MAX_KEYS) this.keys.clear();
    this.keys.set(hash, key);
    return key;
  }
}

/** False also for text that is not ASCII: such a key is decoded each time. */
function isText(bytes: Buffer, text: string): boolean {
  if (bytes.length !== text.length) return false;
  for (let at = 0; at < text.length; at++)
    if (bytes[at] !== text.charCodeAt(at) || (bytes[at] as number) > 127) return false;
  return true;
}
