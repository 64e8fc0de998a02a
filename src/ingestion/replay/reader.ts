import { basename } from "node:path";
import type { Venue } from "../../venues/venue.js";
import { type Lines, MAX_TEXT_CHARACTERS, linesOf, unreplayable } from "./files.js";
import { CSV_HEADER, type Entry, csvEntry, frameEntry, restEntry } from "./formats.js";

export interface Page {
  entries: Entry[];
  /** Line or array element of an entry, from 1. */
  placeOf: (index: number) => number;
  bytesRead: number;
}

/**
 * Entries of a recording of any format, a page at a time: an await for each line would cost more
 * than its decoding. Throws `replay_failed` when the file itself cannot be read.
 */
export async function* readRecording(
  file: string,
  venue: Venue,
  symbol: string | undefined,
): AsyncGenerator<Page> {
  const pages = linesOf(file);
  let entryOf: ((line: string) => Entry) | undefined;
  for await (const page of pages) {
    const places: number[] = [];
    const entries: Entry[] = [];
    for (const [index, raw] of page.lines.entries()) {
      const line = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
      if (line.trim() === "") continue;
      if (entryOf === undefined) {
        if (line.trimStart().startsWith("[")) {
          yield await readArray(file, page, index, pages, venue, symbol);
          return;
        }
        entryOf = formatOf(file, page.from + index, line, venue, symbol);
        if (isHeader(line)) continue;
      }
      entries.push(entryOf(line));
      places.push(page.from + index);
    }
    yield {
      entries,
      placeOf: (index) => places[index] as number,
      bytesRead: page.bytesRead,
    };
  }
}

function formatOf(
  file: string,
  place: number,
  line: string,
  venue: Venue,
  symbol: string | undefined,
): (line: string) => Entry {
  if (/^\d{10,19} [{[]/.test(line)) return (text) => frameEntry(text, venue);
  if (isHeader(line) || /^\d{10,19},/.test(line)) {
    const name = symbolFor(file, symbol);
    return (text) => csvEntry(text, venue, name);
  }
  throw unreplayable(
    file,
    `line ${place} is none of the formats that can be replayed: "<receive time> <combined-stream JSON>", a JSON array of REST trades, or CSV with ${CSV_HEADER}`,
  );
}

function isHeader(line: string): boolean {
  return line.trim().toLowerCase() === CSV_HEADER.toLowerCase();
}

async function readArray(
  file: string,
  first: Lines,
  index: number,
  rest: AsyncIterable<Lines>,
  venue: Venue,
  symbol: string | undefined,
): Promise<Page> {
  const name = symbolFor(file, symbol);
  const parts = first.lines.slice(index);
  let length = 0;
  let { bytesRead } = first;
  for await (const page of rest) {
    for (const line of page.lines) {
      parts.push(line);
      length += line.length;
    }
    ({ bytesRead } = page);
    if (length > MAX_TEXT_CHARACTERS)
      throw unreplayable(
        file,
        `a JSON array may have ${MAX_TEXT_CHARACTERS / 1024 / 1024} MB at most: split it`,
      );
  }
  let elements: unknown[];
  try {
    elements = JSON.parse(parts.join("\n").replace(/^\uFEFF/, "")) as unknown[];
  } catch (cause) {
    const { message } = cause as Error;
    throw unreplayable(file, `is not a JSON array: ${message}`, { cause });
  }
  return {
    entries: elements.map((element) => restEntry(element, venue, name)),
    placeOf: (place) => place + 1,
    bytesRead,
  };
}

/** Neither CSV nor REST trades name their symbol. */
function symbolFor(file: string, symbol: string | undefined): string {
  const name = symbol ?? /^([A-Z0-9]{5,20})_/.exec(basename(file))?.[1];
  if (name === undefined)
    throw unreplayable(file, "its trades do not name their symbol: add --symbol BTCUSDT");
  return name;
}
