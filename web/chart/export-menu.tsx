import { type ReadonlySignal, useSignal } from "@preact/signals";
import { type Interval, nextOpenTime, openTimeOf } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import { zone } from "../frame/time-zone.js";
import { candlesCsvUrl } from "../live/api.js";
import type { TimeRange } from "./chart-state.js";
import { fieldTime, timeOfField } from "./local-time.js";
import { Menu } from "./menu.js";

/** The range in view or a chosen one as CSV, straight from the API; the chart as a picture. */
export function ExportMenu({
  market,
  interval,
  view,
  onPicture,
}: {
  market: Market;
  interval: Interval;
  view: ReadonlySignal<TimeRange | undefined>;
  onPicture: () => void;
}) {
  const range = view.value;
  return (
    <Menu label="Export">
      <p>
        {range !== undefined && (
          <a class="button" download href={hrefOf(market, interval, range)}>
            Range in view as CSV
          </a>
        )}
      </p>
      <ChosenRange market={market} interval={interval} view={view} />
      <p>
        <button type="button" onClick={onPicture}>
          Chart as PNG
        </button>
      </p>
      <p class="dim">Every candle of the range, decimals as the API has them.</p>
    </Menu>
  );
}

function ChosenRange({
  market,
  interval,
  view,
}: {
  market: Market;
  interval: Interval;
  view: ReadonlySignal<TimeRange | undefined>;
}) {
  // Starts as the range in view, until it is changed.
  const chosen = useSignal<{ start?: string; end?: string }>({});
  const shown = view.value;
  const text = (time: number | undefined) =>
    time === undefined ? "" : fieldTime(time, zone.value);
  const start = chosen.value.start ?? text(shown?.from);
  const end = chosen.value.end ?? text(shown && nextOpenTime(interval, shown.to));
  const from = timeOfField(start, zone.value);
  const to = timeOfField(end, zone.value);
  const wrong = from !== undefined && to !== undefined && from >= to;
  return (
    <fieldset>
      <legend>Chosen range ({zone.value})</legend>
      <label>
        From{" "}
        <input
          type="datetime-local"
          value={start}
          onInput={({ currentTarget }) =>
            (chosen.value = { ...chosen.value, start: currentTarget.value })
          }
        />
      </label>
      <label>
        To{" "}
        <input
          type="datetime-local"
          value={end}
          onInput={({ currentTarget }) =>
            (chosen.value = { ...chosen.value, end: currentTarget.value })
          }
        />
      </label>
      {from === undefined || wrong ? (
        <span class="dim">{wrong ? "“From” must be before “to”." : "Choose a start."}</span>
      ) : (
        <a class="button" download href={candlesCsvUrl(market, interval, { start: from, end: to })}>
          Chosen range as CSV
        </a>
      )}
    </fieldset>
  );
}

function hrefOf(market: Market, interval: Interval, { from, to }: TimeRange) {
  return candlesCsvUrl(market, interval, {
    start: openTimeOf(interval, from),
    end: nextOpenTime(interval, to),
  });
}
