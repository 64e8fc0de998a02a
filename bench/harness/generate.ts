import type { Trade } from "../../src/domain/trade.js";

const START = Date.UTC(2025, 5, 1);

/**
 * `count` trades, round robin over `markets`, with dense ids and prices like those of real pairs.
 * 5,000 trades a second of market time; deterministic.
 */
export function* generate(count: number, markets: number, venue = "bench"): Generator<Trade> {
  for (let index = 0; index < count; index++) {
    const id = String(1_000_000 + Math.floor(index / markets));
    yield {
      market: `${venue}:M${index % markets}`,
      id,
      ord: id,
      ids: "dense",
      kind: "raw",
      count: 1,
      price: `${60_000 + ((index * 7) % 400)}.${1 + (index % 9)}`,
      amount: `0.${11 + ((index * 13) % 8_900)}1`,
      takerSide: (index * 31) % 5 < 2 ? "sell" : "buy",
      time: START + Math.floor(index / 5),
      receivedAt: START + Math.floor(index / 5) + 3,
      source: "replay",
      offBook: false,
    };
  }
}

export function* chunks<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
