import { between, gapTape, renamed, withBurst, withVoids } from "../exchange/recorded-tapes.js";
import { SymbolTape } from "../exchange/symbol-tape.js";

/** More trades of one millisecond than a page of REST holds. */
const BURST = 1_300;

/**
 * Three markets out of one part of one recording: as it is, its holes being ids that the exchange
 * has none for; with trades in its holes and 1,300 of them in one millisecond; and with more ids
 * that do not exist.
 */
export function soakTapes(fromMs: number, lengthMs: number): SymbolTape[] {
  const [empty, full] = [gapTape("void"), gapTape("filled")];
  const part = (tape: SymbolTape): SymbolTape =>
    between(tape, tape.start + fromMs, tape.start + fromMs + lengthMs);
  const burst = part(renamed(full, "BURSTUSDT", { ids: 1_000_000, ms: 0 }));
  const voids = part(renamed(full, "VOIDUSDT", { ids: 9_000_000, ms: 0 }));
  const { length } = burst.trades;
  const [at, max] = [Math.floor(length / 4), Math.floor(length / 2)];
  return [
    part(empty),
    new SymbolTape("BURSTUSDT", withBurst(burst.trades, at, Math.min(BURST, max))),
    new SymbolTape("VOIDUSDT", withVoids(voids.trades, Math.ceil(lengthMs / 1_200_000) + 2, 9)),
  ];
}
