import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { equivalentOf } from "./equivalents.js";
import { type Group, codeOf, filesOf } from "./groups.js";
import type { Mutant } from "./result.js";
import { sample } from "./sample.js";

export interface Choice {
  /** Share of the mutants that are tried, up to 1. */
  share: number;
  seed: number;
  /** Mutants tried side by side. */
  workers: number;
}

const OUTCOMES: Readonly<Record<string, Mutant["outcome"]>> = {
  Killed: "killed",
  Timeout: "timeout",
  Survived: "survived",
  NoCoverage: "uncovered",
};

/** Tries the mutants that StrykerJS makes of a group's files, each with the tests that reach it. */
export async function tryCode(group: Group, { share, seed, workers }: Choice): Promise<Mutant[]> {
  const code = codeOf(group);
  // Read by the configuration of Jest, in the processes that StrykerJS starts.
  process.env.MUTATION_SUITES = JSON.stringify(filesOf(group.suites));
  const stryker = new Stryker({
    testRunner: "jest",
    // What the compiled parts of Jest's ESM mode need.
    testRunnerNodeArgs: ["--experimental-vm-modules"],
    coverageAnalysis: "perTest",
    jest: {
      configFile: "test/mutation/jest.config.js",
      enableFindRelatedTests: false,
    },
    mutate: share < 1 ? lines(code, share, seed) : code,
    reporters: ["progress"],
    concurrency: workers,
    timeoutMS: 20_000,
    tempDirName: join(tmpdir(), "tapeline-mutants"),
    ignorePatterns: [".git", "dist", ".cache", "docs", "powerbi", "reports"],
    allowEmpty: true,
  });
  const results = await stryker.runMutationTest();
  const texts = new Map<string, string[]>();
  return results.flatMap((result) => {
    const path = relative(process.cwd(), result.fileName);
    let text = texts.get(path);
    if (text === undefined) texts.set(path, (text = readFileSync(path, "utf8").split("\n")));
    const { start, end } = result.location;
    // StrykerJS counts lines and columns from 0 here.
    const was = cut(text, start, end);
    const became = result.replacement ?? "";
    const line = text[start.line]?.trim() ?? "";
    if (equivalentOf(path, line, became) !== undefined) return [];
    const outcome = OUTCOMES[result.status] ?? "error";
    // Code that cannot be compiled is no mutant.
    if (result.status === "CompileError" || result.status === "Ignored") return [];
    const place = `${path}:${start.line + 1}:${start.column + 1}`;
    return [{ place, was, became, outcome }];
  });
}

/** Some lines of the files, as StrykerJS wants them: mutants that span lines are in no sample. */
function lines(code: readonly string[], share: number, seed: number): string[] {
  const all = code.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .map((_, index) => `${path}:${index + 1}-${index + 1}`),
  );
  return sample(all, share, seed);
}

type Position = { line: number; column: number };

function cut(text: readonly string[], start: Position, end: Position): string {
  const part = text.slice(start.line, end.line + 1);
  part[part.length - 1] = (part.at(-1) ?? "").slice(0, end.column);
  part[0] = (part[0] ?? "").slice(start.column);
  return part.join("\n");
}
