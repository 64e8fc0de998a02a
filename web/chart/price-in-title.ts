import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { ageText } from "../frame/age.js";
import { grouped } from "../frame/decimal-text.js";
import { now } from "../frame/now.js";
import { markets } from "../live/session.js";

/** Shows the last price in the tab's title, updated once a second, for a page in the background. */
export function usePriceInTitle(market: Market): void {
  useSignalEffect(() => {
    void now.value;
    const ticker = markets.ticker(market)?.peek();
    const age = ticker?.stale === true ? ` (${ageText(ticker)} old)` : "";
    const price = ticker === undefined ? "" : `${grouped(ticker.last)}${age} · `;
    document.title = price + market;
  });
  useEffect(() => () => void (document.title = "Tapeline"), []);
}
