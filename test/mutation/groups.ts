import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BAR } from "./result.js";

/**
 * Code that is mutated by StrykerJS, and who should notice. Paths from the root: when files move,
 * only this file changes.
 */
export interface Group {
  about: string;
  /** Files to mutate; suites never are. */
  code: RegExp;
  /**
   * Suites that may notice: the nearest only, since each of them is loaded anew for each mutant.
   */
  suites: RegExp;
  /** Share of its mutants that have to be noticed; left out where it is only measured. */
  bar?: number;
}

export const GROUPS: Readonly<Record<string, Group>> = {
  domain: {
    about: "exact numbers, intervals, coverage and the other domain types",
    code: /^src\/domain\//,
    suites: /^(src\/domain\/.*|test\/errors)\.spec\.ts$/,
    bar: BAR,
  },
  venues: {
    about: "decoding of what exchanges send",
    code: /^src\/venues\/(decode\/.*|[a-z]+\/(frames|layouts|instruments))\.ts$/,
    suites:
      /^(src\/venues\/.*|src\/ingestion\/feed\/venue-clock|test\/venues\/.*|test\/ingestion\/venue-.*)\.spec\.ts$/,
  },
  verdicts: {
    about: "what recovery decides about gaps and differences",
    code: /^src\/recovery\/(repair\/(repair-verdict|reported-ids|gap-log)|backfill\/backfill-plan|reconciliation\/(comparison|plan))\.ts$/,
    suites: /^src\/recovery\/(repair|backfill|reconciliation)\/.*\.spec\.ts$/,
    bar: BAR,
  },
  live: {
    about: "what the live feed sends, and to whom",
    code: /^src\/live\/(conflation|live-rooms|subscription|ticker|ticker-board)\.ts$/,
    suites: /^src\/live\/.*\.spec\.ts$/,
  },
};

/** Files of the house that match, in order. */
export function filesOf(pattern: RegExp): string[] {
  return ["src", "test"]
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
    )
    .filter((path) => path.endsWith(".ts") && pattern.test(path))
    .sort();
}

/** What is mutated of a group: code, not its suites. */
export function codeOf(group: Group): string[] {
  return filesOf(group.code).filter((path) => !path.endsWith(".spec.ts"));
}
