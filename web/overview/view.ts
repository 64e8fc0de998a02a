import { computed, signal } from "@preact/signals";
import type { FeedState } from "../../src/domain/feed-state.js";
import type { Market } from "../../src/domain/market.js";
import { param, setParams } from "../frame/address.js";
import { now } from "../frame/now.js";
import { serverNow } from "../live/server-clock.js";
import { markets, statusWatch } from "../live/session.js";
import { COLUMNS } from "./columns.js";
import { entryOf } from "./entry.js";
import { type Sort, ordered, sortFrom, sortText, toggled } from "./order.js";

/** State of the overview: that of the address, and the active row of the keyboard. */
export const sort = computed(() => sortFrom(param("sort")));
export const filter = computed(() => param("q") ?? "");
export const active = signal<Market | undefined>(undefined);

export const feeds = computed(
  () =>
    new Map<Market, FeedState>(statusWatch.status.value?.feeds.map((feed) => [feed.market, feed])),
);

/** Markets with a trade or a feed. */
export const names = computed(() => [...new Set([...markets.names.value, ...feeds.value.keys()])]);

let before: readonly Market[] = [];

/**
 * Markets in the table's order. Figures reorder rows at most once a second, so that the table stays
 * readable.
 */
export const order = computed<readonly Market[]>(() => {
  if (sort.value.key !== "market" || filter.value !== "") void now.value;
  const entries = names.value.map((market) =>
    entryOf(market, markets.ticker(market)?.peek(), feeds.value.get(market), serverNow()),
  );
  const next = ordered(entries, sort.value, filter.value);
  const same = next.length === before.length && next.every((name, i) => name === before[i]);
  return same ? before : (before = next);
});

export function sortBy(next: Sort): void {
  setParams({ sort: sortText(next) });
}

export function filterBy(text: string): void {
  setParams({ q: text === "" ? null : text });
}

/** The column after the one that sorts now, in its own first direction. */
export function sortByNext(): void {
  const at = COLUMNS.findIndex(({ key }) => key === sort.peek().key);
  const { key, descendingFirst } = COLUMNS[(at + 1) % COLUMNS.length]!;
  sortBy({ key, descending: descendingFirst });
}

export function reverse(): void {
  sortBy(toggled(sort.peek(), sort.peek().key));
}
