import "./tape.css";
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";
import type { Market } from "../../src/domain/market.js";
import type { Trade } from "../../src/domain/trade.js";
import type { Figures } from "../chart/minute-figures.js";
import { Age } from "../frame/age.js";
import { fresh } from "../frame/freshness.js";
import { compareDecimals } from "../frame/decimal-text.js";
import type { TradeTape } from "../live/trade-tape.js";
import { markets } from "../live/session.js";
import { PressureBars } from "./pressure-bars.js";
import { TradeRow, columnDigits, sizeClass, sizeScale, timeStyleOf } from "./trade-row.js";

const ROWS = 60;

/** The newest trades as they arrive; pauses while the pointer or the focus is in it. */
export function Tape({
  market,
  tape,
  instrument,
  figures,
}: {
  market: Market;
  tape: TradeTape;
  instrument: ReadonlySignal<MarketSummary["instrument"]>;
  figures: ReadonlySignal<Figures | undefined>;
}) {
  const least = useSignal("");
  const paused = useSignal(false);
  const held = useRef<readonly Trade[]>([]);
  const wanted = useComputed(() => filtered(tape.trades.value, least.value));
  if (!paused.value) held.current = wanted.value.slice(0, ROWS);
  const rows = held.current;
  const known = new Set(rows.map(({ id }) => id));
  const waiting = paused.value ? wanted.value.findIndex(({ id }) => known.has(id)) : 0;
  const scale = sizeScale(rows);
  const digits = columnDigits(rows, instrument.value);
  const ticker = markets.ticker(market)?.value;
  const style = timeStyleOf(rows);
  const wrong = least.value !== "" && !isAmount(least.value);
  return (
    <section class="card tape" aria-label="Trades">
      <div class="tape-head">
        <h2>Trades</h2>
        <label class="tape-filter">
          Size ≥{" "}
          <input
            inputMode="decimal"
            placeholder="any"
            aria-label="Minimum size in base currency"
            aria-invalid={wrong}
            value={least}
            onInput={({ currentTarget }) => (least.value = currentTarget.value.trim())}
          />
        </label>
      </div>
      <PressureBars figures={figures} tape={tape} />
      <div
        class="tape-rows live-data"
        tabIndex={0}
        role="region"
        aria-label="Newest trades; paused while focused"
        onPointerEnter={() => (paused.value = true)}
        onPointerLeave={() => (paused.value = false)}
        onFocus={() => (paused.value = true)}
        onBlur={() => (paused.value = false)}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Side</th>
              <th scope="col" class="right">
                Price
              </th>
              <th scope="col" class="right">
                Size
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((trade) => (
              <TradeRow
                key={trade.id}
                trade={trade}
                style={style}
                size={sizeClass(trade, scale)}
                digits={digits}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="tape-state" role="status">
        {tape.error.value !== undefined ? (
          <span class="down">{tape.error.value}</span>
        ) : wrong ? (
          "The minimum size is a number such as 0.5."
        ) : paused.value ? (
          `❚❚ Paused${waiting > 0 ? `, ${waiting} new` : ""}`
        ) : rows.length === 0 ? (
          "No trade yet"
        ) : fresh.value ? (
          ticker?.stale === true ? (
            <>
              ■ Not live: <Age of={ticker} />
            </>
          ) : (
            "▶ Live"
          )
        ) : (
          "✕ No connection"
        )}
      </p>
    </section>
  );
}

/** Sizes are compared as decimals. */
function filtered(trades: readonly Trade[], least: string): readonly Trade[] {
  return isAmount(least)
    ? trades.filter(({ amount }) => compareDecimals(amount, least) >= 0)
    : trades;
}

function isAmount(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}
