import { type Figure, type Outcome, median } from "./benchmark.js";

/** Text table with columns as wide as their longest cell; numbers to the right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [columns, ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((row) => (row[index] ?? "").length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(columns), rule, ...rows.map(line)].join("\n");
}

/** Columns and cells of a benchmark's rows: `median (min – max)`. */
export function cellsOf({ rows }: Pick<Outcome, "rows">): {
  columns: string[];
  cells: string[][];
} {
  const units = new Map<string, string>();
  for (const { figures } of rows)
    for (const [name, { unit }] of Object.entries(figures)) units.set(name, unit);
  const names = [...units.keys()];
  return {
    columns: ["", ...names.map((name) => `${name}, ${units.get(name)}`)],
    cells: rows.map(({ contestant, figures }) => [
      contestant,
      ...names.map((name) => spread(figures[name])),
    ]),
  };
}

function spread(figure: Figure | undefined): string {
  if (figure === undefined || figure.samples.length === 0) return "–";
  const { samples } = figure;
  const middle = short(median(samples));
  if (samples.length === 1) return middle;
  return `${middle} (${short(Math.min(...samples))} – ${short(Math.max(...samples))})`;
}

/** Three significant digits: 81,742, 92.4, 1.05, 0.31. */
export function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function barLines({ bars }: Pick<Outcome, "bars">): string[] {
  return bars.map(
    (bar) =>
      `${holds(bar) ? "reached    " : "NOT REACHED"}  ${bar.what}: ${short(bar.value)} ${bar.unit} (${bar.is} ${short(bar.limit)})`,
  );
}

export function holds({ value, is, limit }: Outcome["bars"][number]): boolean {
  return is === "at least" ? value >= limit : value <= limit;
}
