import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { grouped } from "../frame/decimal-text.js";
import { now } from "../frame/now.js";
import { markets } from "../live/session.js";

/** Shows the last price in the tab's title, updated once a second, for a page in the background. */
export function usePriceInTitle(market: Market): void {
  useSignalEffect(() => {
    void now.value;
    const last = markets.ticker(market)?.peek().last;
    const price = last === undefined ? "" : `${grouped(last)} · `;
    document.title = price + market;
  });
  useEffect(() => () => void (document.title = "Tapeline"), []);
}
