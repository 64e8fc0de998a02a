import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { Overview } from "../overview/overview.js";
import { System } from "../system/system.js";
import { path, route } from "./address.js";
import { LostConnection } from "./connection-state.js";
import { Header } from "./header.js";
import { Notice } from "./notice.js";
import type { Route } from "./route.js";
import { LazyView } from "./lazy-view.js";

const loadMarketPage = () => import("../chart/market-page.js").then(({ MarketPage }) => MarketPage);

export function App() {
  const main = useRef<HTMLElement>(null);
  useTurnedPage(main);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <Notice />
      <main id="main" tabIndex={-1} ref={main}>
        <View />
      </main>
      <LostConnection />
    </>
  );
}

function View() {
  const at = route.value;
  switch (at.view) {
    case "overview":
      return <Overview />;
    case "system":
      return <System />;
    case "market":
      return (
        <LazyView<{ market: Market }>
          key={at.market}
          load={loadMarketPage}
          props={{ market: at.market }}
        />
      );
    case "unknown":
      return (
        <section class="card message">
          <h1>There is no page {at.path}</h1>
          <p>
            <a href="/">All markets</a>
          </p>
        </section>
      );
  }
}

/**
 * A new view starts at its top, sets the window's title, and receives the focus that was in the old
 * view.
 */
function useTurnedPage(main: RefObject<HTMLElement | null>): void {
  const at = path.value;
  const turned = useRef(false);
  useEffect(() => {
    document.title = titleOf(route.peek());
    if (turned.current) {
      main.current?.scrollTo(0, 0);
      if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    }
    turned.current = true;
  }, [at, main]);
}

function titleOf(at: Route): string {
  switch (at.view) {
    case "overview":
      return "Tapeline";
    case "system":
      return "System · Tapeline";
    case "market":
      return `${at.market} · Tapeline`;
    case "unknown":
      return "Not found · Tapeline";
  }
}
