import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { grouped } from "../frame/decimal-text.js";
import { now } from "../frame/now.js";
import { markets } from "../live/session.js";

/** The last price in the tab's title, once a second, for those who keep the page in the background. */
export function usePriceInTitle(market: Market): void {
  useSignalEffect(() => {
    void now.value;
    const last = markets.ticker(market)?.peek().last;
    const price = last === undefined ? "" : `${grouped(last)} · `;
    document.title = price + market;
  });
  useEffect(() => () => void (document.title = "Tapeline"), []);
}
