import "./legend.css";
import type { ReadonlySignal } from "@preact/signals";
import type { Candle } from "../../src/domain/candle.js";
import { compareDecimals, grouped } from "../frame/decimal-text.js";
import { timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import type { Shown } from "./chart-session.js";

/**
 * Every field of the candle under the cross-hair, else of the newest, and the indicators' values
 * there.
 */
export function Legend({ shown }: { shown: ReadonlySignal<Shown | undefined> }) {
  const at = shown.value;
  if (at === undefined) return null;
  const { candle, studies, digits, point } = at;
  return (
    <div
      class={`chart-legend num live-data ${point === undefined ? "" : "pointed"}`}
      data-testid="legend"
    >
      <dl class="legend-main">
        <Field name="Time">{timeText(candle.openTime, zone.value)}</Field>
        <Field name="O">{grouped(candle.open, digits)}</Field>
        <Field name="H">{grouped(candle.high, digits)}</Field>
        <Field name="L">{grouped(candle.low, digits)}</Field>
        <Field name="C" tone={toneOf(candle)}>
          {grouped(candle.close, digits)}
        </Field>
        <Field name="Vol">{grouped(candle.volume)}</Field>
      </dl>
      <dl class="legend-more">
        <Field name="Until">{timeText(candle.closeTime, zone.value)}</Field>
        <Field name="Quote vol">{grouped(candle.quoteVolume)}</Field>
        <Field name="Taker buy">{grouped(candle.takerBuyVolume)}</Field>
        <Field name="Taker buy quote">{grouped(candle.takerBuyQuoteVolume)}</Field>
        <Field name="Trades">{grouped(String(candle.trades))}</Field>
        <Field name="Ids">{idsOf(candle)}</Field>
        <Field name="State">{stateOf(candle)}</Field>
        <Field name="Version">{String(candle.version)}</Field>
        <Field name="Revision">{String(candle.revision)}</Field>
        <Field name="Complete" tone={candle.complete === false ? "warn" : ""}>
          {completenessOf(candle)}
        </Field>
      </dl>
      {studies.length > 0 && (
        <dl class="legend-studies">
          {studies.map(({ name, colour, values }) => (
            <div key={name}>
              <dt>
                <span class="swatch" style={{ background: colour }} aria-hidden="true" />
                {name}
              </dt>
              <dd>{values.join(" / ")}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Field({ name, tone = "", children }: { name: string; tone?: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={tone} data-field={name}>
        {children}
      </dd>
    </div>
  );
}

function toneOf({ open, close }: Candle): string {
  return compareDecimals(close, open) < 0 ? "down" : "up";
}

function idsOf({ firstTradeId, lastTradeId }: Candle): string {
  return firstTradeId === null || lastTradeId === null ? "–" : `${firstTradeId}–${lastTradeId}`;
}

function stateOf({ closed }: Candle): string {
  return closed ? "closed" : "open";
}

function completenessOf({ complete }: Candle): string {
  return complete === null ? "unknown" : complete ? "yes" : "no ⚠";
}
