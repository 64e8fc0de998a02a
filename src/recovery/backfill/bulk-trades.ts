import { TapelineError } from "../../domain/tapeline-error.js";
import type { Hole } from "../../domain/coverage.js";
import type { Trade } from "../../domain/trade.js";
import type { BulkFiles } from "../../venues/venue.js";
import type { IdentifiedLine } from "../../persistence/merge/line-sorter.js";
import { linesOfZip } from "./bulk-lines.js";

/**
 * How far a trade may lie outside its file's period: some venues cut files by another clock than
 * the trades'.
 */
const TOLERANCE_MS = 60_000;

/** A file on this machine, and what it should hold. */
export interface BulkFile {
  path: string;
  /** For messages. */
  name: string;
  symbol: string;
  files: BulkFiles;
  /** Its period, epoch ms; the end is exclusive. */
  from: number;
  to: number;
}

/** A trade's time may be this much earlier than that of the id before. */
const DISORDER_MS = 1_000;
/** Holes of a file that are listed one by one. */
const MAX_LISTED_HOLES = 100_000;

/** The end of a file: the id after its last one, and its last time. */
export interface FileEnd {
  id: bigint;
  time: number;
}

/** Irregularities of a file. */
export interface BulkFindings {
  /** Number of runs of ids that it leaves out. */
  holes: number;
  /** The first of them. */
  listed: Hole[];
  /** Number of ids in all holes. */
  missing: bigint;
  /** `file:line` before which the first is. */
  firstHole: string | undefined;
  /** Lines equal to the line before. */
  repeated: number;
}

/** Its ids do not ascend: by id it may be readable. */
export class UnsortedFile extends TapelineError<"file_refused"> {}

/** Sorts lines by id. */
export type SortLines = (
  pages: AsyncIterable<readonly IdentifiedLine[]>,
) => AsyncIterable<readonly IdentifiedLine[]>;

/**
 * Reads the trades of a bulk file with strictly ascending ids, some thousand at a time. Throws
 * `file_refused` that names the wrong line: a column too many, a time of another day; an
 * `UnsortedFile` for an id that descends.
 */
export class BulkTrades {
  readonly found: BulkFindings = {
    holes: 0,
    listed: [],
    missing: 0n,
    firstHole: undefined,
    repeated: 0,
  };
  private end = -1n;
  private last: Trade | undefined;
  private readonly receivedAt = Date.now();

  /**
   * @param before the end of the previous period's file: ids between the two files are left out as
   *   well
   * @param sort left out for a file that is read as it is
   */
  constructor(
    private readonly file: BulkFile,
    private readonly before: FileEnd | undefined,
    private readonly sort?: SortLines,
  ) {}

  /** The end of what was read so far; undefined before the first trade. */
  get fileEnd(): FileEnd | undefined {
    return this.last && { id: this.end, time: this.last.time };
  }

  async *pages(): AsyncGenerator<Trade[]> {
    const { path, name } = this.file;
    if (this.sort !== undefined) {
      yield* this.sortedPages(this.sort);
      return;
    }
    for await (const { lines, from } of linesOfZip(path, name)) {
      const trades: Trade[] = [];
      for (const [index, line] of lines.entries()) {
        const trade = this.tradeOf(line, from + index);
        if (trade !== undefined) trades.push(trade);
      }
      if (trades.length > 0) yield trades;
    }
  }

  private async *sortedPages(sort: SortLines): AsyncGenerator<Trade[]> {
    const { path, name } = this.file;
    for await (const page of sort(identified(path, name))) {
      const trades: Trade[] = [];
      for (const { place, text } of page) {
        const { last } = this;
        const trade = this.tradeOf(text, place);
        if (trade === undefined) continue;
        if (last !== undefined && trade.time < last.time - DISORDER_MS)
          throw this.refusal(
            place,
            `${timeText(trade.time)} of id ${trade.id} is before ${timeText(last.time)} of id ${last.id}`,
          );
        trades.push(trade);
      }
      if (trades.length > 0) yield trades;
    }
  }

  private tradeOf(text: string, place: number): Trade | undefined {
    const line = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (line === "") return undefined;
    const { files, symbol } = this.file;
    const { columns } = files;
    const fields = line.split(",");
    if (fields.length !== columns.length)
      throw this.refusal(
        place,
        `${fields.length} columns instead of ${columns.length} (${columns.join(", ")})`,
      );
    if (place === 1 && isHeader(fields)) {
      const wrong = columns.find((column, at) => fields[at] !== column);
      if (wrong === undefined) return undefined;
      throw this.refusal(place, `its columns are ${line}, not ${columns.join(",")}`);
    }
    const trade = files.decode(fields, symbol, this.receivedAt);
    if (trade === null) return undefined;
    if ("reason" in trade) throw this.refusal(place, trade.detail);
    return this.inOrder(trade, place);
  }

  private inOrder(trade: Trade, place: number): Trade | undefined {
    const { from, to } = this.file;
    if (trade.time < from - TOLERANCE_MS || trade.time >= to + TOLERANCE_MS)
      throw this.refusal(
        place,
        `${timeText(trade.time)} is not of its period, ${timeText(from)} to ${timeText(to)}`,
      );
    const ord = BigInt(trade.ord);
    if (ord < this.end) {
      if (isSame(trade, this.last)) {
        this.found.repeated++;
        return undefined;
      }
      throw new UnsortedFile(
        "file_refused",
        `${this.file.name}:${place}: its id ${trade.ord} comes after ${this.end - 1n}: ids must ascend`,
      );
    }
    if (ord > this.end) this.noteHole(this.fileEnd ?? this.before, trade, place);
    this.end = ord + BigInt(trade.count);
    this.last = trade;
    return trade;
  }

  private noteHole(before: FileEnd | undefined, { ord, time }: Trade, place: number): void {
    const to = BigInt(ord);
    if (before === undefined || to <= before.id) return;
    const { found } = this;
    found.holes++;
    found.missing += to - before.id;
    found.firstHole ??= `${this.file.name}:${place}`;
    if (found.listed.length === MAX_LISTED_HOLES) return;
    found.listed.push({
      from: before.id,
      to,
      after: before.time - DISORDER_MS,
      // Trades after the file's end are not loaded yet.
      before: Math.min(time + DISORDER_MS, this.file.to - 1),
    });
  }

  private refusal(place: number, detail: string): TapelineError {
    return new TapelineError("file_refused", `${this.file.name}:${place}: ${detail}`);
  }
}

/** The lines of a file with their ids; those without one, such as a header, come first. */
async function* identified(path: string, name: string): AsyncGenerator<IdentifiedLine[]> {
  for await (const { lines, from } of linesOfZip(path, name))
    yield lines.map((text, index) => {
      const line = text.replace(/\r$/, "");
      const id = /^\d{1,18}(?=,)/.exec(line)?.[0] ?? "-1";
      // A line that cannot be a trade's is refused whatever else is in it.
      return { id, place: from + index, text: line.replace(/[\\\t\r]/g, "?") };
    });
}

function isHeader(fields: readonly string[]): boolean {
  return !/^-?\d/.test(fields[0] ?? "");
}

function isSame(trade: Trade, last: Trade | undefined): boolean {
  return (
    last !== undefined &&
    trade.id === last.id &&
    trade.ord === last.ord &&
    trade.count === last.count &&
    trade.time === last.time &&
    trade.price === last.price &&
    trade.amount === last.amount
  );
}

function timeText(time: number): string {
  return Number.isSafeInteger(time) && Math.abs(time) < 8e15
    ? new Date(time).toISOString()
    : String(time);
}
