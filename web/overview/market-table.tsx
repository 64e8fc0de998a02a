import type { VirtualItem } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Market } from "../../src/domain/market.js";
import { COLUMNS, type Column } from "./columns.js";
import { MarketRow } from "./market-row.js";
import { toggled } from "./order.js";
import type { Sparklines } from "./sparklines.js";
import { active, sort, sortBy } from "./view.js";

interface Props {
  rows: readonly Market[];
  /** The rows to render; spacers stand for the others. */
  items: readonly VirtualItem[];
  /** Height of all rows, px. */
  height: number;
  sparklines: Sparklines;
  scroller: RefObject<HTMLDivElement | null>;
}

/** Headings in the order of the cells; the line of the 24 h cannot be sorted by. */
const BEFORE_LINE = COLUMNS.slice(0, 7);
const AFTER_LINE = COLUMNS.slice(7);

export function MarketTable({ rows, items, height, sparklines, scroller }: Props) {
  const above = items[0]?.start ?? 0;
  const below = height - (items.at(-1)?.end ?? 0);
  const tabbable = rows.includes(active.value ?? "") ? active.value : rows[0];
  useKeptFocus(scroller);
  return (
    <div class="scroller card" ref={scroller}>
      <table class="markets" aria-label="Markets" aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {BEFORE_LINE.map((column) => (
              <Heading key={column.key} column={column} />
            ))}
            <th scope="col" class="spark" title="Prices of the 24 h up to the newest trade">
              Trend
            </th>
            {AFTER_LINE.map((column) => (
              <Heading key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer key="above" height={above} />
          {items.map(({ index }) => {
            const market = rows[index]!;
            return (
              <MarketRow
                key={market}
                market={market}
                rowIndex={index + 2}
                tabbable={market === tabbable}
                sparklines={sparklines}
              />
            );
          })}
          <Spacer key="below" height={below} />
        </tbody>
      </table>
    </div>
  );
}

function Heading({ column }: { column: Column }) {
  const { key, descending } = sort.value;
  const sorts = key === column.key;
  return (
    <th
      scope="col"
      class={column.key === "market" ? "name" : column.key}
      aria-sort={sorts ? (descending ? "descending" : "ascending") : undefined}
    >
      <button
        type="button"
        title={column.title}
        onClick={() => sortBy(toggled(sort.peek(), column.key))}
      >
        {column.label}
        <span class="direction" aria-hidden="true">
          {sorts ? (descending ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
}

/** Stands for the rows that are not rendered. */
function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true" class="spacer" hidden={height <= 0}>
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}

/** Restores the focus of a row that has been moved. */
function useKeptFocus(scroller: RefObject<HTMLElement | null>): void {
  const held = scroller.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (held && document.activeElement === document.body)
      linkIn(scroller.current, active.peek())?.focus({ preventScroll: true });
  });
}

export function linkIn(within: HTMLElement | null, market: Market | undefined): HTMLElement | null {
  if (within === null || market === undefined) return null;
  const row = `tr[data-market="${CSS.escape(market)}"] a`;
  return within.querySelector<HTMLElement>(row);
}
