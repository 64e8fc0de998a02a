import { type ReadonlySignal, type Signal, useSignalEffect } from "@preact/signals";
import type { MouseEventParams, Time } from "lightweight-charts";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import { LazyView } from "../frame/lazy-view.js";
import type { CandleSeries } from "../live/candle-series.js";
import type { CandlePanelProps } from "./candle-panel.js";
import type { ChartSession } from "./chart-session.js";

const load = () => import("./candle-panel.js").then(({ CandlePanel }) => CandlePanel);

/**
 * The panel of the explained candle: opened by a click on a marked one, a double click on any, or
 * by keyboard (`ChartView`).
 */
export function CandleDetails({
  market,
  interval,
  series,
  revised,
  session,
  explained,
}: {
  market: Market;
  interval: Interval;
  series: CandleSeries;
  /** Open times of the marked candles. */
  revised: ReadonlySignal<ReadonlySet<number>>;
  session: ReadonlySignal<ChartSession | undefined>;
  /** Open time of the explained candle. */
  explained: Signal<number | undefined>;
}) {
  useSignalEffect(() => {
    const chart = session.value?.chart.api;
    if (chart === undefined) return;
    const open = (isMeant: (openTime: number) => boolean) => {
      return ({ time }: MouseEventParams<Time>): void => {
        const candle = time === undefined ? undefined : series.list.at(Number(time) * 1_000);
        if (candle !== undefined && isMeant(candle.openTime)) explained.value = candle.openTime;
      };
    };
    const onMarked = open((openTime) => revised.peek().has(openTime));
    const onAny = open(() => true);
    chart.subscribeClick(onMarked);
    chart.subscribeDblClick(onAny);
    return () => {
      chart.unsubscribeClick(onMarked);
      chart.unsubscribeDblClick(onAny);
    };
  });
  const openTime = explained.value;
  if (openTime === undefined) return null;
  return (
    <LazyView<CandlePanelProps>
      key={openTime}
      load={load}
      props={{
        market,
        interval,
        openTime,
        onClose: () => (explained.value = undefined),
      }}
    />
  );
}
