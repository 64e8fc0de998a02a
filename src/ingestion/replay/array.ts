import type { TapelineError } from "../../domain/tapeline-error.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { type Lines, MAX_TEXT_CHARACTERS, unreplayable } from "./files.js";

/** Elements of a JSON array, and why there are no more where it is damaged. */
export interface ArrayContent {
  elements: unknown[];
  damage?: TapelineError;
}

/**
 * @param lines those that have been read
 * @param rest of the file
 */
export async function arrayOf(
  file: string,
  lines: readonly string[],
  rest: AsyncIterable<Lines>,
): Promise<ArrayContent> {
  const parts = [...lines];
  let length = 0;
  let damage: TapelineError | undefined;
  try {
    for await (const page of rest) {
      parts.push(...page.lines);
      for (const line of page.lines) length += line.length;
      if (length > MAX_TEXT_CHARACTERS)
        throw unreplayable(
          file,
          `a JSON array may have ${MAX_TEXT_CHARACTERS / 1024 / 1024} MB at most: split it`,
        );
    }
  } catch (error) {
    if (!hasCode(error, "replay_failed")) throw error;
    damage = error;
  }
  const text = parts.join("\n").replace(/^\uFEFF/, "");
  try {
    return { elements: JSON.parse(text) as unknown[] };
  } catch (cause) {
    const elements = wholeElements(text);
    const detail = `is not a JSON array, read up to element ${elements.length}`;
    return {
      elements,
      damage: damage ?? unreplayable(file, `${detail}: ${(cause as Error).message}`, { cause }),
    };
  }
}

/** The objects at the beginning of an array whose text ends early or is damaged further on. */
function wholeElements(text: string): unknown[] {
  const elements: unknown[] = [];
  let depth = 0;
  let begin = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{" && depth++ === 0) begin = index;
    if (token !== "}" || --depth > 0) continue;
    try {
      elements.push(JSON.parse(text.slice(begin, index + 1)));
    } catch {
      return elements;
    }
  }
  return elements;
}
