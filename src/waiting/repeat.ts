import { pause } from "./pause.js";

/**
 * Does the work at once, and again `everyMs` after each end, until the signal aborts; does not
 * reject.
 *
 * @param failed told of each error before the signal aborted; the next time comes as usual
 */
export async function repeat(
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): Promise<void> {
  do {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  } while (await pause(everyMs, signal));
}
