import type { ComponentChildren } from "preact";
import type { ReadonlySignal } from "@preact/signals";
import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import type { Market } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";
import { Age, endText } from "../frame/age.js";
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
  // Of a market that nobody follows these are not the last 24 h.
  const window = ticker?.stale === true ? "24 h before" : "24 h";
  return (
    <dl class="kpis live-data" aria-label="24-hour figures">
      <Until ticker={ticker} />
      <LastPrice ticker={ticker} />
      <Change ticker={ticker} window={window} />
      <Card name={`High / low ${window}`} testid="high-low">
        {ticker === undefined
          ? "–"
          : `${price(ticker, ticker.high)} / ${price(ticker, ticker.low)}`}
      </Card>
      <Card name={`Volume ${window}, base`} testid="volume" exact={ticker?.volume}>
        {ticker === undefined ? "–" : compact(ticker.volume)}
      </Card>
      <Card name={`Volume ${window}, quote`} testid="quote-volume" exact={ticker?.quoteVolume}>
        {ticker === undefined ? "–" : compact(ticker.quoteVolume)}
      </Card>
      <Card name={`VWAP ${window}`} testid="vwap">
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

/** Only where the figures are of an earlier time. */
function Until({ ticker }: { ticker: Ticker | undefined }) {
  if (ticker?.stale !== true) return null;
  return (
    <Card name={`Until ${endText(ticker)}`} testid="age">
      <Age of={ticker} />
    </Card>
  );
}

function LastPrice({ ticker }: { ticker: Ticker | undefined }) {
  return (
    <Card name="Last price" testid="last">
      <span class="kpi-last">{ticker === undefined ? "–" : price(ticker, ticker.last)}</span>
    </Card>
  );
}

function Change({ ticker, window }: { ticker: Ticker | undefined; window: string }) {
  if (ticker === undefined)
    return (
      <Card name={`Change ${window}`} testid="change">
        –
      </Card>
    );
  const sign = signOf(ticker.change);
  const mark = sign > 0 ? "▲ +" : sign < 0 ? "▼ " : "";
  const percent = ticker.changePercent === null ? "" : ` (${grouped(ticker.changePercent)} %)`;
  return (
    <Card name={`Change ${window}`} testid="change" tone={sign > 0 ? "up" : sign < 0 ? "down" : ""}>
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
