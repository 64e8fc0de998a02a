import "./chart.css";
import { signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { param, setParams } from "../frame/address.js";
import { CandleSeries, candleSource } from "../live/candle-series.js";
import { api } from "../live/api.js";
import { feed, instruments } from "../live/session.js";
import { TradeTape } from "../live/trade-tape.js";
import { Tape } from "../tape/tape.js";
import type { ChartSession, Noticed } from "./chart-session.js";
import { type ChartState, chartParams, chartState, rangeIn } from "./chart-state.js";
import { CandleDetails } from "./candle-details.js";
import { ChartView } from "./chart-view.js";
import { ExportMenu } from "./export-menu.js";
import { GapWatch } from "./gap-watch.js";
import { RevisionWatch } from "./revision-watch.js";
import { KpiCards } from "./kpi-cards.js";
import { MinuteFigures } from "./minute-figures.js";
import { readPalette } from "./palette.js";
import { downloadPicture } from "./picture.js";
import { SeriesNotes } from "./series-notes.js";
import { StudyMenu } from "./study-menu.js";
import { studyName } from "./study-spec.js";
import { Intervals, LogScale, ToNewest } from "./toolbar.js";
import { usePriceInTitle } from "./price-in-title.js";
import { useOwned } from "./use-owned.js";

const nothing = signal(undefined);

/** One market: its figures, its chart and its tape. */
export function MarketPage({ market }: { market: Market }) {
  const state = chartState(param);
  const { interval, studies, log } = state;
  const series = useOwned(
    () => new CandleSeries(candleSource(feed, market, interval)),
    [market, interval],
  );
  const minutes = useOwned(() => new CandleSeries(candleSource(feed, market, "1m")), [market]);
  const { figures } = useOwned(() => new MinuteFigures(minutes), [minutes]);
  const tape = useOwned(() => new TradeTape(feed, market), [market]);
  const gapWatch = useOwned(() => new GapWatch(market), [market]);
  const revisionWatch = useOwned(() => new RevisionWatch(market, interval), [market, interval]);
  const noticed = useMemo(
    (): Noticed => ({
      incomplete: () => gapWatch.changed(),
      revised: (openTime) => revisionWatch.changed(openTime),
    }),
    [gapWatch, revisionWatch],
  );
  const session = useSignal<ChartSession | undefined>(undefined);
  const explained = useSignal<number | undefined>(undefined);
  const view = useComputed(() => (session.value?.view ?? nothing).value);
  useOwned(() => instruments.read(async (abort) => [await api.market(market, abort)]), [market]);
  const instrument = instruments.of(market);
  useSignalEffect(() => session.value?.setTick(instrument.value?.tickSize));
  usePriceInTitle(market);
  const change = (next: Partial<ChartState>) => setParams(chartParams(next));
  const picture = () => {
    const chart = session.peek()?.chart.api;
    if (chart === undefined) return;
    const name = `${market.replaceAll(/[^\w.-]/g, "-")}-${interval}.png`;
    const palette = readPalette(document.documentElement);
    const canvas = chart.takeScreenshot(true);
    const title = [`${market} · ${interval}`, ...studies.map(studyName)];
    downloadPicture(canvas, title.join(" · "), name, palette);
  };
  return (
    <div class="market">
      <div class="market-head">
        <h1>{market}</h1>
        <KpiCards market={market} figures={figures} />
      </div>
      <section class="card market-chart" aria-label="Chart">
        <div class="chart-tools" role="toolbar" aria-label="Chart tools">
          <Intervals
            value={interval}
            onChange={(next) =>
              change({
                interval: next,
                range: state.range && rangeIn(next, state.range, interval),
                bars: state.bars,
              })
            }
          />
          <StudyMenu studies={studies} onChange={(next) => change({ studies: next })} />
          <LogScale value={log} onChange={(next) => change({ log: next })} />
          <ExportMenu market={market} interval={interval} view={view} onPicture={picture} />
          <ToNewest view={view} onClick={() => session.peek()?.follow()} />
        </div>
        <ChartView
          key={`${market} ${interval}`}
          series={series}
          gaps={gapWatch.gaps}
          revised={revisionWatch.revised}
          clock={tape.clock}
          state={state}
          session={session}
          noticed={noticed}
          onExplain={(openTime) => (explained.value = openTime)}
        />
        <CandleDetails
          market={market}
          interval={interval}
          series={series}
          revised={revisionWatch.revised}
          session={session}
          explained={explained}
        />
        <SeriesNotes
          market={market}
          interval={interval}
          series={series}
          session={session}
          range={state.range}
        />
      </section>
      <Tape key={market} market={market} tape={tape} instrument={instrument} figures={figures} />
    </div>
  );
}
