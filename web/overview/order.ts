import type { Market } from "../../src/domain/market.js";
import { CONDITIONS } from "../frame/feed-condition.js";
import { type ColumnKey, columnOf } from "./columns.js";
import type { Entry } from "./entry.js";

export interface Sort {
  key: ColumnKey;
  descending: boolean;
}

const DEFAULT_SORT: Sort = { key: "market", descending: false };

/** `-volume` → by volume, the largest first. Anything else than a column is the default. */
export function sortFrom(text: string | null): Sort {
  const descending = text?.startsWith("-") ?? false;
  const column = columnOf(descending ? text!.slice(1) : (text ?? ""));
  return column === undefined ? DEFAULT_SORT : { key: column.key, descending };
}

/** Null for the default, which needs no parameter. */
export function sortText({ key, descending }: Sort): string | null {
  const same = key === DEFAULT_SORT.key && descending === DEFAULT_SORT.descending;
  return same ? null : `${descending ? "-" : ""}${key}`;
}

/** A click on a heading: its own first direction, then the other one. */
export function toggled(sort: Sort, key: ColumnKey): Sort {
  return sort.key === key
    ? { key, descending: !sort.descending }
    : { key, descending: columnOf(key)?.descendingFirst ?? false };
}

/**
 * Every word of the filter must be in the market's name, its feed's condition or its completeness
 * ("gaps").
 */
export function matches(entry: Entry, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const gaps = entry.ticker?.complete === false ? "gaps" : "";
  const text = `${entry.market} ${CONDITIONS[entry.condition].text} ${gaps}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/**
 * Names in the order of the table. Rows without the figure come last in either direction; equal
 * ones go by name.
 */
export function ordered(entries: readonly Entry[], sort: Sort, filter: string): Market[] {
  const column = columnOf(sort.key)!;
  const sign = sort.descending ? -1 : 1;
  return entries
    .filter((entry) => matches(entry, filter))
    .sort((a, b) => {
      const [left, right] = [column.has(a), column.has(b)];
      if (left !== right) return left ? -1 : 1;
      return (left ? sign * column.compare(a, b) : 0) || (a.market < b.market ? -1 : 1);
    })
    .map(({ market }) => market);
}
