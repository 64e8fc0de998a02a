import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SharedServer } from "../support/shared-server.js";
import { isEquivalent } from "./equivalents.js";
import { Progress } from "./progress.js";
import type { Mutant } from "./result.js";
import { sample } from "./sample.js";
import { type Statement, occurrences } from "./statements.js";
import { runSuites } from "./suite-run.js";

/** What a run of suites may take beyond three times what it took with the unchanged statement. */
const GRACE_MS = 60_000;
/** The unchanged statements' suites. */
const MAX_RUN_MS = 15 * 60_000;
const COPIED = ["src", "test", "web", "package.json", "jest.config.js", "tsconfig.json"];

/**
 * Tries mutants of SQL statements in a copy of this folder, each with the suites its statement
 * names.
 */
export async function tryStatements(
  statements: readonly Statement[],
  { share, seed }: { share: number; seed: number },
): Promise<Mutant[]> {
  const chosen = sample(
    statements.flatMap((statement) =>
      statement.mutants
        .filter(([was, became]) => !isEquivalent(statement.file, was, was, became))
        .map(([was, became]) => ({ statement, was, became })),
    ),
    share,
    seed,
  );
  const folder = mkdtempSync(join(tmpdir(), "tapeline-statements-"));
  const server = await SharedServer.start();
  let isInterrupted = false;
  const interrupt = (): void => void (isInterrupted = true);
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const progress = new Progress(chosen.length);
  const mutants: Mutant[] = [];
  const limits = new Map<Statement, number>();
  try {
    for (const name of COPIED) cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    for (const { statement, was, became } of chosen) {
      const limit = limits.get(statement) ?? (await timeOf(statement, folder));
      limits.set(statement, limit);
      const mutant = await tryOne(statement, [was, became], folder, limit);
      if (isInterrupted) throw new Error("interrupted");
      mutants.push(mutant);
      progress.tried(mutant);
    }
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    progress.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return mutants;
}

/** How long the suites may take, of which the unchanged statement passes all. */
async function timeOf({ file, suites }: Statement, folder: string): Promise<number> {
  const began = performance.now();
  const end = await runSuites(folder, suites, MAX_RUN_MS);
  if (end !== "passed") throw new Error(`${file} unchanged: its suites have ${end}`);
  return 3 * (performance.now() - began) + GRACE_MS;
}

async function tryOne(
  { file, suites }: Statement,
  [was, became]: readonly [string, string],
  folder: string,
  limitMs: number,
): Promise<Mutant> {
  const text = readFileSync(file, "utf8");
  if (occurrences(text, was) !== 1) return { place: file, was, became, outcome: "error" };
  const line = text.slice(0, text.indexOf(was)).split("\n").length;
  const copy = join(folder, file);
  writeFileSync(
    copy,
    text.replace(was, () => became),
  );
  const end = await runSuites(folder, suites, limitMs);
  writeFileSync(copy, text);
  const outcome = ({ passed: "survived", failed: "killed", timeout: "timeout" } as const)[end];
  return { place: `${file}:${line}`, was, became, outcome };
}
