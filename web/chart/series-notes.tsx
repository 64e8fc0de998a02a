import type { ReadonlySignal } from "@preact/signals";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import { timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import type { CandleSeries } from "../live/candle-series.js";
import type { ChartSession } from "./chart-session.js";
import type { TimeRange } from "./chart-state.js";
import { Menu } from "./menu.js";
import { NoCandle } from "./no-candle.js";
import { type Region, regionLines, regionsTitle } from "./shade-regions.js";

const LISTED = 50;

/** Footer of the chart: state, missing trades, and the library's attribution. */
export function SeriesNotes({
  market,
  interval,
  series,
  session,
  range,
}: {
  market: Market;
  interval: Interval;
  series: CandleSeries;
  session: ReadonlySignal<ChartSession | undefined>;
  range: TimeRange | undefined;
}) {
  const { loading, complete, error } = series.state.value;
  const regions = session.value?.regions.value ?? [];
  const first = series.list.first;
  const tooFar =
    range !== undefined &&
    !loading &&
    !complete &&
    first !== undefined &&
    range.from < first.openTime;
  return (
    <footer class="chart-notes">
      <Missing regions={regions} />
      <span role="status">
        {error !== undefined ? (
          <span class="down">
            {market} {interval}: {error}
          </span>
        ) : tooFar ? (
          "The linked range is too far back for this interval: choose a longer one."
        ) : loading ? (
          "Loading…"
        ) : first === undefined ? (
          <NoCandle market={market} />
        ) : complete ? (
          `Begins ${timeText(first.openTime, zone.value, "dayMinute")}`
        ) : (
          ""
        )}
      </span>
      <a
        class="attribution"
        href="https://www.tradingview.com/"
        target="_blank"
        rel="noreferrer"
        title="TradingView Lightweight Charts™, Copyright © 2025 TradingView, Inc."
      >
        Charting by TradingView
      </a>
    </footer>
  );
}

/** The shaded stretches as text, newest first. */
function Missing({ regions }: { regions: readonly Region[] }) {
  if (regions.length === 0) return null;
  return (
    <Menu label={regionsTitle(regions)}>
      <ul class="missing">
        {regions
          .slice(-LISTED)
          .reverse()
          .map((region) => (
            <li key={region.from}>
              <strong class="num">{timeText(region.from, zone.value, "dayMinute")}</strong>{" "}
              {regionLines(region, zone.value).join(" ")}
            </li>
          ))}
      </ul>
    </Menu>
  );
}
