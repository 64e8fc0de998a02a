import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { type Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  TapelineError,
  type TapelineErrorOptions,
  hasCode,
} from "../../domain/tapeline-error.js";

const CHUNK = 256 * 1024;
/** Characters of one line, and of one JSON array: both are held in memory. Exchanges give 1,000 trades a REST page. */
export const TEXT_LIMIT = 256 * 1024 * 1024;

/** A file that cannot be replayed; the message names it, and the line where there is one. */
export function unreplayable(
  file: string,
  detail: string,
  options?: TapelineErrorOptions,
): TapelineError {
  return new TapelineError("replay_failed", `${file}: ${detail}`, options);
}

/** Lines that were read together. */
export interface Lines {
  lines: string[];
  /** Number of the first of them, from 1. */
  from: number;
  /** Bytes of the file read so far, packed: what a progress bar measures. */
  bytesRead: number;
}

/**
 * The lines of a file, gzip or plain; memory stays flat whatever its size. Throws `replay_failed` when it cannot be read,
 * after the lines before the damage.
 */
export async function* linesOf(file: string): AsyncGenerator<Lines> {
  const packed = await asked(file, isGzip);
  const raw = createReadStream(file, { highWaterMark: CHUNK });
  // Errors reach the reader below through the last stream of the pipeline.
  const text: Readable = packed
    ? pipeline(raw, createGunzip({ chunkSize: CHUNK }), () => undefined)
    : raw;
  text.setEncoding("utf8");
  let rest = "";
  let from = 1;
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const end = chunk.lastIndexOf("\n");
      if (end < 0) {
        rest += chunk;
        if (rest.length > TEXT_LIMIT)
          throw unreplayable(
            file,
            `line ${from} is longer than ${TEXT_LIMIT / CHUNK / 4} MB`,
          );
        continue;
      }
      const lines = (rest + chunk.slice(0, end)).split(/\r?\n/);
      rest = chunk.slice(end + 1);
      yield { lines, from, bytesRead: raw.bytesRead };
      from += lines.length;
    }
  } catch (cause) {
    if (hasCode(cause, "replay_failed")) throw cause;
    throw unreplayable(
      file,
      `cannot be read beyond line ${from - 1}: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    raw.destroy();
  }
  if (rest !== "")
    yield { lines: [rest.replace(/\r$/, "")], from, bytesRead: raw.bytesRead };
}

/** Bytes. Throws `replay_failed` when there is no such file. */
export async function sizeOf(file: string): Promise<number> {
  const found = await asked(file, (path) => stat(path));
  if (found.isDirectory()) throw unreplayable(file, "is a folder");
  return found.size;
}

async function asked<T>(
  file: string,
  question: (file: string) => Promise<T>,
): Promise<T> {
  try {
    return await question(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const detail =
      { ENOENT: "no such file", EISDIR: "is a folder" }[code ?? ""] ?? message;
    throw unreplayable(file, detail, { cause });
  }
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
