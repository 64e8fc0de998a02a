import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome, Row } from "./benchmark.js";
import { barChart } from "./chart.js";
import type { Machine } from "./machine.js";
import { cellsOf, holds, short } from "./table.js";

/** Content of a benchmark's JSON file. */
export interface Report extends Outcome {
  name: string;
  title: string;
  workload: string;
  chart: string;
  machine: Machine;
  calibration: Row;
  runs: number;
  /** Duration of the whole benchmark. */
  seconds: number;
}

const DOCUMENT = "docs/performance.md";
const CHARTS = "docs/performance";

/**
 * Puts the newest results into the document: each between `<!-- bench:NAME -->` and `<!--
 * /bench:NAME -->`, with its chart beside it. A section without a new result is unchanged.
 */
export function publish(folder: string): void {
  const reports = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".json"))
        .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Report)
    : [];
  if (reports.length === 0) throw new Error(`${folder} has no results: run npm run bench first`);
  mkdirSync(CHARTS, { recursive: true });
  let document = readFileSync(DOCUMENT, "utf8");
  for (const report of reports) {
    const { name, title, chart, rows } = report;
    writeFileSync(join(CHARTS, `${name}.svg`), `${barChart(title, chart, rows)}\n`);
    document = replaced(document, name, section(report));
    process.stdout.write(`${name}: ${report.machine.date}\n`);
  }
  const [newest] = reports.sort((a, b) => b.machine.date.localeCompare(a.machine.date));
  if (newest !== undefined) document = replaced(document, "machine", machineLines(newest));
  writeFileSync(DOCUMENT, document);
}

function replaced(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`${DOCUMENT} has no place for ${name}: ${begin} … ${end}`);
  return `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`;
}

function section(report: Report): string {
  const { name, title, chart, workload, machine, runs, bars, notes } = report;
  const { columns, cells } = cellsOf(report);
  const parts = [
    workload,
    `![${title}: ${chart}](performance/${name}.svg)`,
    markdown(columns, cells),
    ...(bars.length > 0 ? [markdown(BAR_COLUMNS, bars.map(barCells))] : []),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
    `<sub>${machine.date} UTC, commit ${machine.commit}, ${runs} ${runs === 1 ? "round" : "rounds"} after a warm-up round.</sub>`,
  ];
  return parts.join("\n\n");
}

const BAR_COLUMNS = ["to reach", "limit", "measured", ""];

function barCells(bar: Report["bars"][number]): string[] {
  const { what, is, limit, unit, value } = bar;
  return [
    what,
    `${is} ${short(limit)} ${unit}`,
    `${short(value)} ${unit}`,
    holds(bar) ? "reached" : "**not reached**",
  ];
}

function machineLines({ machine, calibration }: Report): string {
  const { columns, cells } = cellsOf({ rows: [calibration] });
  return [
    `${machine.cores} cores (${machine.cpu}, virtual, shared), ${machine.memoryGB} GB, Node ${machine.node}, PostgreSQL ${machine.postgres}, Apache Kafka ${machine.kafka}. What it can do at best:`,
    markdown(columns.slice(1), [(cells[0] ?? []).slice(1)]),
  ].join("\n\n");
}

function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `| ${columns.map((_, index) => (index === 0 ? "---" : "--:")).join(" | ")} |`;
  return [line(columns), rule, ...rows.map(line)].join("\n");
}
