import type { ComponentChildren } from "preact";
import type { ReadonlySignal } from "@preact/signals";
import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import type { Market } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";
import { compact, digitsOf, grouped, rounded, signOf } from "../frame/decimal-text.js";
import { durationText } from "../frame/time-text.js";
import { instruments, markets } from "../live/session.js";
import type { Figures } from "./minute-figures.js";

/** A market's figures of 24 h, from the `tickers` channel, and its volatility. */
export function KpiCards({
  market,
  figures,
}: {
  market: Market;
  figures: ReadonlySignal<Figures | undefined>;
}) {
  // Subscribes, so that the cards appear with the market's first trade.
  void markets.names.value;
  const ticker = markets.ticker(market)?.value;
  return (
    <dl class="kpis live-data" aria-label="24-hour figures">
      <LastPrice ticker={ticker} />
      <Change ticker={ticker} />
      <Card name="High / low 24 h" testid="high-low">
        {ticker === undefined
          ? "–"
          : `${price(ticker, ticker.high)} / ${price(ticker, ticker.low)}`}
      </Card>
      <Card name="Volume 24 h, base" testid="volume" exact={ticker?.volume}>
        {ticker === undefined ? "–" : compact(ticker.volume)}
      </Card>
      <Card name="Volume 24 h, quote" testid="quote-volume" exact={ticker?.quoteVolume}>
        {ticker === undefined ? "–" : compact(ticker.quoteVolume)}
      </Card>
      <Card name="VWAP 24 h" testid="vwap">
        {ticker === undefined ? "–" : averagePrice(ticker)}
      </Card>
      <VolatilityCard figures={figures} />
      <Card name="Trades / min" testid="trades-per-minute">
        {ticker === undefined ? "–" : rate(ticker.tradesPerMinute)}
      </Card>
    </dl>
  );
}

function Card({
  name,
  testid,
  exact,
  tone = "",
  children,
}: {
  name: string;
  testid: string;
  exact?: string | undefined;
  tone?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="kpi" title={exact === undefined ? undefined : grouped(exact)}>
      <dt>{name}</dt>
      <dd class={`num ${tone}`} data-testid={`kpi-${testid}`}>
        {children}
      </dd>
    </div>
  );
}

function LastPrice({ ticker }: { ticker: Ticker | undefined }) {
  return (
    <Card name="Last price" testid="last">
      <span class="kpi-last">{ticker === undefined ? "–" : price(ticker, ticker.last)}</span>
    </Card>
  );
}

function Change({ ticker }: { ticker: Ticker | undefined }) {
  if (ticker === undefined)
    return (
      <Card name="Change 24 h" testid="change">
        –
      </Card>
    );
  const sign = signOf(ticker.change);
  const mark = sign > 0 ? "▲ +" : sign < 0 ? "▼ " : "";
  const percent = ticker.changePercent === null ? "" : ` (${grouped(ticker.changePercent)} %)`;
  return (
    <Card name="Change 24 h" testid="change" tone={sign > 0 ? "up" : sign < 0 ? "down" : ""}>
      {mark + price(ticker, ticker.change) + percent}
    </Card>
  );
}

function VolatilityCard({ figures }: { figures: ReadonlySignal<Figures | undefined> }) {
  const volatility = figures.value?.volatility;
  const window = volatility === undefined ? "" : ` (${durationText(volatility.windowMs)} of 1m)`;
  return (
    <Card name={`Volatility p. a.${window}`} testid="volatility">
      {volatility === undefined ? "–" : `${(volatility.value * 100).toFixed(1)} %`}
    </Card>
  );
}

/** With as many digits as the market's prices have. */
function price(ticker: Ticker, text: string): string {
  return grouped(text, priceDigits(ticker));
}

function priceDigits({ market, last, high, low }: Ticker): number {
  return digitsOf([last, high, low], instruments.of(market).value?.tickSize);
}

/** Quote by base volume, exact before it is rounded. */
function averagePrice(ticker: Ticker): string {
  const base = toUnits(ticker.volume);
  if (base === 0n) return "–";
  const average = (toUnits(ticker.quoteVolume) * toUnits("1")) / base;
  return grouped(rounded(fromUnits(average), Math.max(2, priceDigits(ticker))));
}

function rate(perMinute: number): string {
  return grouped(perMinute.toFixed(perMinute < 10 ? 1 : 0));
}
