import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the time has passed (true) or the signal aborts (false); it does not reject. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
