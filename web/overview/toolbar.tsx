import type { RefObject } from "preact";
import { COLUMNS, type ColumnKey, columnOf } from "./columns.js";
import { filter, filterBy, names, order, reverse, sort, sortBy } from "./view.js";

export function Toolbar({ input }: { input: RefObject<HTMLInputElement | null> }) {
  return (
    <div class="toolbar">
      <h1>Markets</h1>
      <input
        ref={input}
        type="search"
        aria-label="Filter markets"
        placeholder="Symbol, venue, state"
        value={filter.value}
        onInput={({ currentTarget }) => filterBy(currentTarget.value)}
      />
      <span class="dim num" role="status">
        {countText(order.value.length, names.value.length)}
      </span>
      <SortChoice />
      <p class="dim keys" aria-label="Keys">
        <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>/</kbd> filter <kbd>Esc</kbd>{" "}
        clear <kbd>s</kbd> next column <kbd>r</kbd> reverse
      </p>
    </div>
  );
}

/** Where the columns that sort have no room. */
function SortChoice() {
  const { key, descending } = sort.value;
  return (
    <span class="sort-choice">
      <select
        aria-label="Sort by"
        value={key}
        onChange={({ currentTarget }) => {
          const next = currentTarget.value as ColumnKey;
          const { descendingFirst } = columnOf(next)!;
          sortBy({ key: next, descending: descendingFirst });
        }}
      >
        {COLUMNS.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
      <button
        type="button"
        aria-label={descending ? "Sort ascending" : "Sort descending"}
        onClick={reverse}
      >
        {descending ? "▼" : "▲"}
      </button>
    </span>
  );
}

function countText(shown: number, all: number): string {
  return shown === all ? `${all}` : `${shown} of ${all}`;
}
