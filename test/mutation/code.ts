import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { isEquivalent } from "./equivalents.js";
import { type Group, codeOf, filesOf } from "./groups.js";
import { Progress } from "./progress.js";
import type { Mutant } from "./result.js";
import { sample } from "./sample.js";

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

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
    plugins: ["@stryker-mutator/jest-runner", resolve("test/mutation/early-reporter.js")],
    reporters: ["early"],
    concurrency: workers,
    timeoutMS: 20_000,
    // Each run leaves its modules behind: after 250 a runner had 2.6 GB and took 11 s a mutant.
    maxTestRunnerReuse: 30,
    tempDirName: join(tmpdir(), "tapeline-mutants"),
    ignorePatterns: [".git", "dist", ".cache", "docs/*.png", "powerbi", "reports"],
    allowEmpty: true,
  });
  const mutants: Mutant[] = [];
  let progress: Progress | undefined;
  const planned = (count: number): void => void (progress = new Progress(count));
  const tried = (result: MutantResult): void => {
    const mutant = mutantOf(result);
    if (mutant === undefined) return;
    mutants.push(mutant);
    progress?.tried(mutant);
  };
  const events: NodeJS.EventEmitter = process;
  events.on("mutants", planned).on("mutant", tried);
  try {
    await stryker.runMutationTest();
  } finally {
    events.off("mutants", planned).off("mutant", tried);
    progress?.end();
  }
  return mutants;
}

/** Undefined for what is no mutant: code that cannot be compiled, or that does the same. */
function mutantOf(result: MutantResult): Mutant | undefined {
  if (result.status === "CompileError" || result.status === "Ignored") return undefined;
  const path = relative(process.cwd(), result.fileName);
  const text = readFileSync(path, "utf8").split("\n");
  // StrykerJS counts lines and columns from 1 here.
  const { start, end } = result.location;
  const became = result.replacement ?? "";
  const was = cut(text, start, end);
  if (isEquivalent(path, text[start.line - 1]?.trim() ?? "", was, became)) return undefined;
  return {
    place: `${path}:${start.line}:${start.column}`,
    was,
    became,
    outcome: OUTCOMES[result.status] ?? "error",
  };
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
  const part = text.slice(start.line - 1, end.line);
  part[part.length - 1] = (part.at(-1) ?? "").slice(0, end.column - 1);
  part[0] = (part[0] ?? "").slice(start.column - 1);
  return part.join("\n");
}
