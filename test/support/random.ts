/** Deterministic random numbers (mulberry32): a failing run is repeated with its seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

/** Cuts at random places into batches of at most `largest`. */
export function batches<T>(items: readonly T[], next: () => number, largest: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < items.length;) {
    const size = 1 + Math.floor(next() * largest);
    result.push(items.slice(at, at + size));
    at += size;
  }
  return result;
}
