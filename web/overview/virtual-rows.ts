import {
  type VirtualItem,
  Virtualizer,
  elementScroll,
  observeElementOffset,
  observeElementRect,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";

export type VirtualRows = Virtualizer<HTMLElement, HTMLElement>;

/** Rows rendered above and below the visible ones. */
const OVERSCAN = 6;

/** The rows of a long table to render; all have the height of the custom property `--row`. */
export function useVirtualRows(
  count: number,
  scroller: RefObject<HTMLElement | null>,
): VirtualRows {
  const [, redraw] = useState({});
  const height = useRowHeight();
  const options = {
    count,
    overscan: OVERSCAN,
    estimateSize: () => height,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw({}),
    // The heading stays on top of the rows.
    scrollPaddingStart: height,
  };
  const [rows] = useState((): VirtualRows => new Virtualizer(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => rows.measure(), [rows, height]);
  return rows;
}

/** Enough for a phone; a full screen at once would block the browser for too long. */
const FIRST_ROWS = 8;

/** The first rows at once, the others after these have been drawn. */
export function useGradually(items: readonly VirtualItem[]): readonly VirtualItem[] {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    if (items.length > 0) setWhole(true);
  }, [items.length]);
  return whole ? items : items.slice(0, FIRST_ROWS);
}

const narrow = matchMedia("(max-width: 40rem)");

function useRowHeight(): number {
  const [height, setHeight] = useState(rowHeight);
  useLayoutEffect(() => {
    const read = () => setHeight(rowHeight());
    narrow.addEventListener("change", read);
    return () => narrow.removeEventListener("change", read);
  }, []);
  return height;
}

function rowHeight(): number {
  const style = getComputedStyle(document.documentElement);
  return parseFloat(style.getPropertyValue("--row")) || 34;
}
