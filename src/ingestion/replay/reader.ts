import { basename } from "node:path";
import type { Venue } from "../../venues/venue.js";
import { arrayOf } from "./array.js";
import { linesOf, unreplayable } from "./files.js";
import { CSV_HEADER, type Entry, csvEntry, frameEntry, restEntry } from "./formats.js";

export interface Page {
  entries: Entry[];
  /** Line or array element of an entry, from 1. */
  placeOf: (index: number) => number;
  bytesRead: number;
}

/**
 * Entries of a recording of any format, a page at a time: an await for each line would cost more
 * than its decoding. Throws `replay_failed` when the file itself cannot be read, after the entries
 * before that place.
 */
export async function* readRecording(
  file: string,
  venue: Venue,
  symbol: string | undefined,
): AsyncGenerator<Page> {
  const pages = linesOf(file);
  let entryOf: EntryOf | undefined;
  let before: [string, string] = ["", ""];
  for await (const page of pages) {
    const places: number[] = [];
    const entries: Entry[] = [];
    for (const [index, raw] of page.lines.entries()) {
      const line = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
      if (line.trim() === "") continue;
      if (entryOf === undefined) {
        if (line.trimStart().startsWith("[")) {
          const name = symbolFor(file, symbol);
          const { elements, damage } = await arrayOf(file, page.lines.slice(index), pages);
          yield {
            entries: elements.map((element) => restEntry(element, venue, name)),
            placeOf: (place) => place + 1,
            bytesRead: page.bytesRead,
          };
          if (damage !== undefined) throw damage;
          return;
        }
        // Only an array is of use without its end.
        if (page.isCut === true) continue;
        entryOf = formatOf(file, page.from + index, line, venue, symbol);
        if (isHeader(line)) continue;
      }
      if (page.isCut === true) continue;
      const isOpen = page.isOpen === true && index === page.lines.length - 1;
      entries.push(entryOf(line, isOpen ? before : undefined));
      places.push(page.from + index);
      before = [line, before[0]];
    }
    yield {
      entries,
      placeOf: (index) => places[index] as number,
      bytesRead: page.bytesRead,
    };
  }
}

/** `before`: of a line that ends with its file, the two lines before it, the nearer first. */
type EntryOf = (line: string, before?: readonly [string, string]) => Entry;

function formatOf(
  file: string,
  place: number,
  line: string,
  venue: Venue,
  symbol: string | undefined,
): EntryOf {
  if (/^\d{10,19} [{[]/.test(line)) return (text) => frameEntry(text, venue);
  if (isHeader(line) || /^\d{10,19},/.test(line)) {
    const name = symbolFor(file, symbol);
    return (text, before) => csvEntry(text, venue, name, before);
  }
  throw unreplayable(
    file,
    `line ${place} is none of the formats that can be replayed: "<receive time> <combined-stream JSON>", a JSON array of REST trades, or CSV with ${CSV_HEADER}`,
  );
}

function isHeader(line: string): boolean {
  return line.trim().toLowerCase() === CSV_HEADER.toLowerCase();
}

/** Neither CSV nor REST trades name their symbol. */
function symbolFor(file: string, symbol: string | undefined): string {
  const name = symbol ?? /^([A-Z0-9]{5,20})_/.exec(basename(file))?.[1];
  if (name === undefined)
    throw unreplayable(file, "its trades do not name their symbol: add --symbol BTCUSDT");
  return name;
}
