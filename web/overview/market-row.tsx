import { useLayoutEffect, useRef } from "preact/hooks";
import { type Market, splitMarket } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";
import { search } from "../frame/address.js";
import { Age } from "../frame/age.js";
import { compact, compareDecimals, digitsOf, grouped, signOf } from "../frame/decimal-text.js";
import { CONDITIONS, conditionOf } from "../frame/feed-condition.js";
import { linkTo, marketPath } from "../frame/route.js";
import { serverNow } from "../live/server-clock.js";
import { instruments, markets } from "../live/session.js";
import { completenessOf } from "./entry.js";
import { flash } from "./flash.js";
import { Sparkline } from "./sparkline.js";
import type { Sparklines } from "./sparklines.js";
import { active, feeds } from "./view.js";

interface Props {
  market: Market;
  /** From 1; the heading is 1. */
  rowIndex: number;
  /** Whether Tab leads to this row. */
  tabbable: boolean;
  sparklines: Sparklines;
}

export function MarketRow({ market, rowIndex, tabbable, sparklines }: Props) {
  // Subscribes: a market may get its first trade, or come from another process, while its row is
  // shown.
  void markets.names.value;
  const ticker = markets.ticker(market)?.value;
  const { venue, symbol } = splitMarket(market);
  return (
    <tr aria-rowindex={rowIndex} data-market={market}>
      <th scope="row" class="name">
        <a
          href={linkTo(marketPath(market), search.value)}
          tabIndex={tabbable ? 0 : -1}
          onFocus={() => (active.value = market)}
        >
          {symbol}
        </a>{" "}
        <Age of={ticker} /> <span class="dim venue">{venue}</span>
      </th>
      {ticker === undefined ? <NoTrade /> : <Figures ticker={ticker} sparklines={sparklines} />}
      <FeedCell market={market} />
    </tr>
  );
}

/** One cell per figure, so that the feed's state stays in its column. */
const NO_FIGURES = [
  "last",
  "change",
  "wide widest",
  "wide widest",
  "wide",
  "wide widest",
  "spark",
  "wide",
  "wide state",
];

function NoTrade() {
  return (
    <>
      {NO_FIGURES.map((name, i) => (
        <td key={i} class={`dim ${name}`}>
          {i === 0 ? "no trade yet" : ""}
        </td>
      ))}
    </>
  );
}

function Figures({ ticker, sparklines }: { ticker: Ticker; sparklines: Sparklines }) {
  const { market, last, high, low, volume, quoteVolume } = ticker;
  // As many digits in each of the row's prices, so that they do not jump when the last one happens
  // to be a zero.
  const tick = instruments.of(market).value?.tickSize;
  const digits = digitsOf([last, high, low], tick);
  const complete = completenessOf(ticker);
  return (
    <>
      <LastCell last={last} digits={digits} />
      <ChangeCell ticker={ticker} />
      <td class="num wide widest">{grouped(high, digits)}</td>
      <td class="num wide widest">{grouped(low, digits)}</td>
      <td class="num wide" title={grouped(volume)}>
        {compact(volume)}
      </td>
      <td class="num wide widest" title={grouped(quoteVolume)}>
        {compact(quoteVolume)}
      </td>
      <td class="spark">
        <Sparkline market={market} line={sparklines.line(market)} />
      </td>
      <td class="num wide">{rateText(ticker.tradesPerMinute)}</td>
      <td class="wide state" title={complete.why}>
        <span class={complete.tone} aria-hidden="true">
          {complete.sign}
        </span>{" "}
        {complete.text}
      </td>
    </>
  );
}

function LastCell({ last, digits }: { last: string; digits: number }) {
  const cell = useRef<HTMLTableCellElement>(null);
  const before = useRef(last);
  useLayoutEffect(() => {
    const order = compareDecimals(last, before.current);
    before.current = last;
    if (order !== 0 && cell.current !== null) flash(cell.current, order > 0 ? "up" : "down");
  }, [last]);
  return (
    <td class="num last" ref={cell}>
      <span>{grouped(last, digits)}</span>
    </td>
  );
}

function ChangeCell({ ticker: { change, changePercent } }: { ticker: Ticker }) {
  const sign = signOf(change);
  const tone = sign > 0 ? "up" : sign < 0 ? "down" : "dim";
  const arrow = sign > 0 ? "▲" : sign < 0 ? "▼" : "";
  return (
    <td class={`num change ${tone}`} title={signed(change)}>
      <span class="arrow" aria-hidden="true">
        {arrow}
      </span>
      {changePercent === null ? "–" : `${signed(changePercent)} %`}
    </td>
  );
}

function FeedCell({ market }: { market: Market }) {
  const feed = feeds.value.get(market);
  const { sign, text, tone } = CONDITIONS[conditionOf(feed, serverNow())];
  return (
    <td class="state feed" title={feed?.detail ?? undefined}>
      <span class={tone} aria-hidden="true">
        {sign}
      </span>{" "}
      <span class="text">{text}</span>
    </td>
  );
}

function signed(text: string): string {
  return signOf(text) > 0 ? `+${grouped(text)}` : grouped(text);
}

/** A statistic, and a number from the start. */
function rateText(perMinute: number): string {
  return perMinute >= 100 ? perMinute.toFixed(0) : perMinute.toFixed(1);
}
