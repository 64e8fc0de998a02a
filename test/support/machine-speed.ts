import { generate } from "../../bench/harness/generate.js";

/** What the machine of docs/performance.md took when the limits on times of CPU were set, ns. */
const REFERENCE_PARSE_NS = 1_011;
const TRADES = 10_000;
const ROUNDS = 20;

/** JSON.parse of a trade, ns: how fast this machine runs JavaScript at the moment. */
export function parseNs(): number {
  const texts = [...generate(TRADES, 20)].map((trade) => JSON.stringify(trade));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    for (const text of texts) JSON.parse(text);
    times.push(((performance.now() - began) * 1e6) / texts.length);
  }
  return times.toSorted((a, b) => a - b)[ROUNDS / 2] as number;
}

/**
 * A limit on CPU time that was set on the machine of docs/performance.md, for this one: longer
 * where this one is slower, never shorter.
 */
export function limitHereMs(referenceMs: number): number {
  return referenceMs * Math.max(1, parseNs() / REFERENCE_PARSE_NS);
}
