import { type TapelineError, hasCode } from "../../domain/tapeline-error.js";
import { type Lines, MAX_TEXT_CHARACTERS, unreplayable } from "./files.js";

/** Elements of a JSON array, and why there are no more where it is damaged. */
export interface ArrayContent {
  elements: unknown[];
  damage?: TapelineError;
}

/**
 * A JSON array, which is held in memory; of a damaged one the elements before the damage.
 *
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
      for (const line of page.lines) {
        parts.push(line);
        length += line.length;
      }
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
    const elements = JSON.parse(text) as unknown[];
    return damage === undefined ? { elements } : { elements, damage };
  } catch (cause) {
    const elements = wholeElements(text);
    const detail = `is not a JSON array, read up to element ${elements.length}`;
    return {
      elements,
      damage: damage ?? unreplayable(file, `${detail}: ${(cause as Error).message}`, { cause }),
    };
  }
}

/** What is before the first element, and between two. */
const FIRST = /\s*\[\s*(?=\{)/y;
const NEXT = /\s*,\s*(?=\{)/y;

/** The objects at the beginning of an array, up to the first place that is wrong. */
function wholeElements(text: string): unknown[] {
  const elements: unknown[] = [];
  let at = 0;
  for (let before = FIRST; ; before = NEXT) {
    before.lastIndex = at;
    if (!before.test(text)) return elements;
    const begin = before.lastIndex;
    at = endOfObject(text, begin);
    try {
      elements.push(JSON.parse(text.slice(begin, at)));
    } catch {
      return elements;
    }
  }
}

/** The place after the object that begins here; the end of the text where it has no end. */
function endOfObject(text: string, begin: number): number {
  const token = /"(?:[^"\\]|\\.)*"|[{}]/g;
  token.lastIndex = begin;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{") depth++;
    if (match[0] === "}" && --depth === 0) return token.lastIndex;
  }
  return text.length;
}
