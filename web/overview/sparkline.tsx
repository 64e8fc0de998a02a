import type { ReadonlySignal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import { signOf } from "../frame/decimal-text.js";
import { now } from "../frame/now.js";
import { markets } from "../live/session.js";
import { type Line, between, sparklinePath } from "./sparkline-path.js";

const WIDTH = 120;
const HEIGHT = 24;

interface Props {
  market: Market;
  line: ReadonlySignal<Line | undefined>;
}

/**
 * The 24 h up to the newest trade as a line; its end follows the price once a second. The figures
 * beside it say the same in words.
 */
export function Sparkline({ market, line }: Props) {
  void now.value;
  const known = line.value;
  const ticker = markets.ticker(market)?.peek();
  if (known === undefined || ticker === undefined) return null;
  // A young market's line begins where its first bucket does, not 24 h ago.
  const openTime = Math.max(ticker.openTime, known.from);
  const path = sparklinePath(between(known, { ...ticker, openTime }), WIDTH, HEIGHT);
  const falls = signOf(ticker.change) < 0;
  return (
    <svg
      class={falls ? "down" : "up"}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
