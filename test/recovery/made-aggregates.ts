import type { Trade } from "../../src/domain/trade.js";
import { random } from "../support/random.js";
import { trade } from "../support/tape.js";

const MINUTE = 60_000;

/** Aggregates as Binance's stream gives them: one trade each, whose own ids are counted apart. */
export function aggregates(market: string, first: number, minutes: number, perMinute = 5): Trade[] {
  const next = random(3);
  return Array.from({ length: minutes * perMinute }, (_, index) => {
    const id = 1_000 + index;
    return trade(
      market,
      id * 10,
      first + Math.floor(index / perMinute) * MINUTE + (index % perMinute) * 9_000,
      {
        ord: String(id),
        kind: "aggregated",
        price: `${60_000 + Math.floor(next() * 900)}.${1 + Math.floor(next() * 9)}`,
        amount: `0.0${1 + Math.floor(next() * 99)}`.replace(/0$/, "1"),
        takerSide: next() < 0.5 ? "buy" : "sell",
      },
    );
  });
}
