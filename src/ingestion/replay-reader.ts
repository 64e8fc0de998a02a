import { basename } from "node:path";
import { ReplayError, type Source, linesOf, openFile } from "./replay-files.js";
import {
  CSV_HEADER,
  type Entry,
  csvEntry,
  frameEntry,
  restEntry,
} from "./replay-formats.js";
import type { Venue } from "./venue.js";

/** An array of a REST answer is read whole: exchanges give 1,000 trades a page. */
const ARRAY_LIMIT = 256 * 1024 * 1024;

export interface PlacedEntry extends Entry {
  /** Line, or element of the array, from 1. */
  place: number;
  bytesRead: number;
}

/** Entries of a recording, whatever its format. Throws a ReplayError when the file itself cannot be read. */
export async function* readRecording(
  file: string,
  venue: Venue,
  symbol: string | undefined,
): AsyncGenerator<PlacedEntry> {
  const source = await openFile(file);
  let place = 0;
  let entryOf: ((line: string) => Entry) | undefined;
  try {
    const lines = linesOf(source)[Symbol.asyncIterator]();
    for (
      let next = await lines.next();
      next.done !== true;
      next = await lines.next()
    ) {
      const line = next.value;
      place++;
      const text = place === 1 ? line.replace(/^\uFEFF/, "") : line;
      if (text.trim() === "") continue;
      if (entryOf === undefined) {
        if (text.trimStart().startsWith("[")) {
          yield* readArray(file, text, source, lines, venue, symbol);
          return;
        }
        entryOf = formatOf(file, text, venue, symbol);
        if (text.trim().toLowerCase() === CSV_HEADER.toLowerCase()) continue;
      }
      yield { ...entryOf(text), place, bytesRead: source.bytesRead() };
    }
    await source.failed;
  } finally {
    source.text.destroy();
  }
}

function formatOf(
  file: string,
  first: string,
  venue: Venue,
  symbol: string | undefined,
): (line: string) => Entry {
  if (/^\d{10,19} [{[]/.test(first)) return (line) => frameEntry(line, venue);
  if (
    first.trim().toLowerCase() === CSV_HEADER.toLowerCase() ||
    /^\d{10,19},/.test(first)
  ) {
    const name = symbolFor(file, symbol);
    return (line) => csvEntry(line, venue.name, name);
  }
  throw new ReplayError(
    file,
    `line 1 is none of the formats that can be replayed: "<receive time> <combined-stream JSON>", a JSON array of REST trades, or CSV with ${CSV_HEADER}`,
  );
}

async function* readArray(
  file: string,
  first: string,
  source: Source,
  lines: AsyncIterator<string>,
  venue: Venue,
  symbol: string | undefined,
): AsyncGenerator<PlacedEntry> {
  const name = symbolFor(file, symbol);
  const parts = [first];
  let length = first.length;
  for (
    let next = await lines.next();
    next.done !== true;
    next = await lines.next()
  ) {
    parts.push(next.value);
    length += next.value.length;
    if (length > ARRAY_LIMIT)
      throw new ReplayError(
        file,
        `a JSON array may have ${ARRAY_LIMIT / 1024 / 1024} MB at most: split it`,
      );
  }
  await source.failed;
  let values: unknown;
  try {
    values = JSON.parse(parts.join("\n"));
  } catch (cause) {
    throw new ReplayError(
      file,
      `is not a JSON array: ${(cause as Error).message}`,
      { cause },
    );
  }
  for (const [index, value] of (values as unknown[]).entries()) {
    yield {
      ...restEntry(value, venue, name),
      place: index + 1,
      bytesRead: source.bytesRead(),
    };
  }
}

/** Neither CSV nor REST trades name their symbol. */
function symbolFor(file: string, symbol: string | undefined): string {
  const name = symbol ?? /^([A-Z0-9]{5,20})_/.exec(basename(file))?.[1];
  if (name === undefined)
    throw new ReplayError(
      file,
      "its trades do not name their symbol: say --symbol BTCUSDT",
    );
  return name;
}
