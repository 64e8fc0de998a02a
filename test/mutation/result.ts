/** One mutant and what became of it. */
export interface Mutant {
  /** Path and, where known, line and column. */
  place: string;
  /** The text and what stood in its place. */
  was: string;
  became: string;
  outcome: "killed" | "timeout" | "survived" | "uncovered" | "error";
}

/** Of the mutants of a part with a bar that could be tried, so many have to be noticed. */
export const BAR = 0.9;

const isNoticed = ({ outcome }: Mutant): boolean => outcome === "killed" || outcome === "timeout";

/** Share of the mutants that a suite noticed; 1 when there was none. */
function scoreOf(mutants: readonly Mutant[]): number {
  const tried = mutants.filter(({ outcome }) => outcome !== "error");
  return tried.length === 0 ? 1 : tried.filter(isNoticed).length / tried.length;
}

export function lineOf({ place, was, became, outcome }: Mutant): string {
  const one = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
  return `${outcome} ${place}: ${one(was)} → ${one(became) || "(nothing)"}`;
}

/** Lines for a reader: a sum, then all that was not noticed. */
export function report(name: string, mutants: readonly Mutant[]): string[] {
  const count = (outcome: Mutant["outcome"]): number =>
    mutants.filter((mutant) => mutant.outcome === outcome).length;
  return [
    `${name}: ${(scoreOf(mutants) * 100).toFixed(1)} % of ${mutants.length} mutants noticed ` +
      `(${count("killed")} killed, ${count("timeout")} out of time, ${count("survived")} survived, ` +
      `${count("uncovered")} in no test, ${count("error")} errors)`,
    ...mutants.filter((mutant) => !isNoticed(mutant)).map((mutant) => `  ${lineOf(mutant)}`),
  ];
}

/** Whether a run is good: enough is noticed, and each mutant could be tried. */
export function isGood(mutants: readonly Mutant[], bar: number): boolean {
  return scoreOf(mutants) >= bar && mutants.every(({ outcome }) => outcome !== "error");
}
