import { random } from "../support/random.js";

/** The same share of the items for the same seed, in their order. */
export function sample<T>(items: readonly T[], share: number, seed: number): T[] {
  const next = random(seed);
  return items.filter(() => next() < share);
}
