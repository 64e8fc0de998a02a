import { isIPv6 } from "node:net";

const WINDOW_MS = 60_000;
/** Addresses remembered; with more, the oldest windows are forgotten first. */
const MAX_ADDRESSES = 100_000;

interface Window {
  ends: number;
  requests: number;
}

export interface RequestCount {
  allowed: boolean;
  remaining: number;
  /** Whole seconds until the window ends. */
  resetSeconds: number;
}

/**
 * Counts requests of each client address in windows of a minute that begin with its first request. Fixed windows: one
 * counter an address whatever the limit, at the price that two windows' worth can come around a border.
 */
export class RateLimit {
  private readonly windows = new Map<string, Window>();

  constructor(
    /** Requests a minute and address. */
    readonly limit: number,
    private readonly now: () => number = Date.now,
  ) {}

  count(address: string): RequestCount {
    const key = clientOf(address);
    const now = this.now();
    let window = this.windows.get(key);
    if (window === undefined || window.ends <= now) {
      this.windows.delete(key);
      this.forgetOldest(now);
      window = { ends: now + WINDOW_MS, requests: 0 };
      this.windows.set(key, window);
    }
    window.requests++;
    return {
      allowed: window.requests <= this.limit,
      remaining: Math.max(0, this.limit - window.requests),
      resetSeconds: Math.ceil((window.ends - now) / 1_000),
    };
  }

  /** Windows stand in the order of their ends. */
  private forgetOldest(now: number): void {
    for (const [key, { ends }] of this.windows) {
      if (ends > now && this.windows.size < MAX_ADDRESSES) return;
      this.windows.delete(key);
    }
  }
}

/** One customer usually owns a whole IPv6 /64, so that is what counts as one client. */
function clientOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + behind < 8) groups.push("0");
  }
  return groups.slice(0, 4).join(":");
}
