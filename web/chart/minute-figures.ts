import { type ReadonlySignal, signal } from "@preact/signals";
import type { Candle } from "../../src/domain/candle.js";
import { annualisedVolatility } from "../indicators/volatility.js";
import type { CandleSeries } from "../live/candle-series.js";
import { nextFrame } from "../live/markets.js";
import { type Pressure, pressureOf } from "../tape/pressure.js";

/** Closed minutes for volatility; with fewer than `min` it is undefined. */
const WINDOW_MINUTES = { max: 480, min: 30 } as const;
const PRESSURE_MINUTES = [1, 5, 15] as const;

interface Volatility {
  /** 0.5 is 50 % a year. */
  value: number;
  /** From the open of the first minute to the close of the last. */
  windowMs: number;
}

export interface Figures {
  volatility: Volatility | undefined;
  pressure: readonly Pressure[];
}

/** Figures from a market's newest one-minute candles. */
export class MinuteFigures {
  private readonly newest: ReturnType<typeof signal<Figures>>;
  private readonly stop: () => void;
  private cancel: (() => void) | undefined;

  constructor(private readonly series: CandleSeries) {
    this.newest = signal(figuresOf(series.list.rows));
    this.stop = series.listen(() => {
      this.cancel ??= nextFrame(() => {
        this.cancel = undefined;
        this.newest.value = figuresOf(this.series.list.rows);
      });
    });
  }

  get figures(): ReadonlySignal<Figures | undefined> {
    return this.newest;
  }

  close(): void {
    this.stop();
    this.cancel?.();
  }
}

export function figuresOf(rows: readonly Candle[]): Figures {
  return {
    volatility: volatilityOf(rows),
    pressure: PRESSURE_MINUTES.map((minutes) => pressureOf(rows, minutes)),
  };
}

function volatilityOf(rows: readonly Candle[]): Volatility | undefined {
  const closed = rows.slice(-WINDOW_MINUTES.max - 1).filter(({ closed }) => closed);
  const [first, last] = [closed[0], closed.at(-1)];
  if (first === undefined || last === undefined || closed.length < WINDOW_MINUTES.min)
    return undefined;
  return {
    value: annualisedVolatility(
      closed.map(({ close }) => Number(close)),
      closed.map(({ openTime }) => openTime),
    ),
    windowMs: last.closeTime + 1 - first.openTime,
  };
}
