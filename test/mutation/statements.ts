import { COMPARISONS } from "./sql/comparisons.js";
import { CONTRADICTIONS } from "./sql/contradictions.js";
import { EDGES } from "./sql/edges.js";
import { GAPS } from "./sql/gaps.js";
import { MERGE } from "./sql/merge.js";
import { REBUILD } from "./sql/rebuild.js";
import { RECOUNTS } from "./sql/recounts.js";

/** A file with an SQL statement, and changes of it, made by hand, that its suites should notice. */
export interface Statement {
  name: string;
  file: string;
  /** In this order; the first that fails ends the run. */
  suites: readonly string[];
  /** A text that occurs once in the file, and what stands in its place. */
  mutants: readonly (readonly [was: string, became: string])[];
}

export const STATEMENTS: readonly Statement[] = [
  ...MERGE,
  ...CONTRADICTIONS,
  ...EDGES,
  ...GAPS,
  ...COMPARISONS,
  ...RECOUNTS,
  ...REBUILD,
];

/** How often a text occurs. A mutant whose text is not there any more would be called killed. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
