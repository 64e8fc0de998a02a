import "./overview.css";
import "./narrow.css";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { navigate } from "../frame/address.js";
import { ErrorNote } from "../frame/error-note.js";
import { FirstStart } from "../frame/first-start.js";
import { marketPath } from "../frame/route.js";
import { api } from "../live/api.js";
import { instruments, markets } from "../live/session.js";
import { type Action, type Focus, actionOf, moved } from "./keyboard.js";
import { MarketTable, linkIn } from "./market-table.js";
import { Sparklines } from "./sparklines.js";
import { Toolbar } from "./toolbar.js";
import { active, filter, filterBy, order, reverse, sortByNext } from "./view.js";
import { useGradually, useVirtualRows } from "./virtual-rows.js";

export function Overview() {
  return markets.names.value.length === 0 ? <FirstStart /> : <Markets />;
}

function Markets() {
  const rows = order.value;
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const sparklines = useSparklines();
  useInstruments();
  const virtual = useVirtualRows(rows.length, scroller);
  const items = useGradually(virtual.getVirtualItems());
  const wanted = useRef(false);

  useLayoutEffect(() => {
    if (wanted.current) focusActive();
  });

  function focusActive(): void {
    const link = linkIn(scroller.current, active.peek());
    // A row that is not rendered yet gets the focus when it is.
    wanted.current = link === null;
    link?.focus({ preventScroll: true });
  }

  // Back from a market: returns to its row.
  useEffect(() => {
    const at = rows.indexOf(active.peek() ?? "");
    if (at >= 0) moveTo(at);
  }, []);

  function moveTo(index: number): void {
    active.value = rows[index];
    virtual.scrollToIndex(index);
    focusActive();
  }

  function perform(action: Action): void {
    switch (action.kind) {
      case "filter":
        return input.current?.select();
      case "clear":
        return filterBy("");
      case "sort":
        return sortByNext();
      case "reverse":
        return reverse();
      case "open": {
        const market = rows.includes(active.peek() ?? "") ? active.peek() : rows[0];
        if (market !== undefined) navigate(marketPath(market));
        return;
      }
      case "move": {
        const page = Math.max(1, virtual.getVirtualItems().length - 14);
        const from = rows.indexOf(active.peek() ?? "");
        const to = moved(from, action.move, rows.length, page);
        if (rows[to] !== undefined) moveTo(to);
      }
    }
  }

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // A list of choices takes every key itself.
      if (event.target instanceof HTMLSelectElement) return;
      const action = actionOf(event.key, focusOf(event.target));
      if (action === undefined) return;
      event.preventDefault();
      perform(action);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });

  return (
    <div class="overview">
      <Toolbar input={input} />
      <ErrorNote what="The lines of 24 h cannot be read." error={sparklines.error.value} />
      <div class="live-data table-area">
        <MarketTable
          rows={rows}
          items={items}
          height={virtual.getTotalSize()}
          sparklines={sparklines}
          scroller={scroller}
        />
        {rows.length === 0 && <p class="empty dim">No market matches “{filter.value}”.</p>}
      </div>
    </div>
  );
}

/** Loads the instruments of all markets, again when there are new markets. */
function useInstruments(): void {
  const count = markets.names.value.length;
  useEffect(() => {
    const reading = instruments.read((abort) => api.markets(abort));
    return () => reading.close();
  }, [count]);
}

function useSparklines(): Sparklines {
  const [sparklines] = useState(() => new Sparklines());
  const fresh = markets.fresh.value;
  const count = markets.names.value.length;
  useEffect(() => {
    if (fresh) void sparklines.refresh();
  }, [sparklines, fresh, count]);
  useEffect(() => () => sparklines.close(), [sparklines]);
  return sparklines;
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("input, textarea")) return "text";
  // Links of the table take arrows; Enter is their own.
  if (target.closest("tbody") !== null) return "page";
  return target.matches("a, button") ? "control" : "page";
}
