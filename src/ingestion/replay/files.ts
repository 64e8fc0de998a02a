import { open, stat } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { TapelineError, type TapelineErrorOptions, hasCode } from "../../domain/tapeline-error.js";
import { chunksOf, unpackedChunksOf } from "./chunks.js";

/**
 * Limit of one line and of one JSON array, which are held in memory. REST pages have 1,000 trades.
 */
export const MAX_TEXT_CHARACTERS = 256 * 1024 * 1024;

/** The error for a file that cannot be replayed; the message names the file. */
export function unreplayable(
  file: string,
  detail: string,
  options?: TapelineErrorOptions,
): TapelineError {
  return new TapelineError("replay_failed", `${file}: ${detail}`, options);
}

/** Lines of one chunk. */
export interface Lines {
  lines: string[];
  /** Number of the first line, from 1. */
  from: number;
  /** Bytes of the file (compressed, if it is) read so far. */
  bytesRead: number;
  /** The last of them ends with the file instead of a line break. */
  isOpen?: true;
  /** One line, of which the end is damaged. */
  isCut?: true;
}

/**
 * The lines of a file, gzip or plain, in constant memory. Throws `replay_failed` when it cannot be
 * read, after the lines before the damage and the beginning of that in which it is.
 */
export async function* linesOf(file: string): AsyncGenerator<Lines> {
  const chunks = (await inspect(file, isGzip)) ? unpackedChunksOf(file) : chunksOf(file);
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let from = 1;
  let last = 0;
  try {
    for await (const { bytes, bytesRead } of chunks) {
      const chunk = decoder.write(bytes);
      const end = chunk.lastIndexOf("\n");
      if (end < 0) {
        rest += chunk;
        if (rest.length > MAX_TEXT_CHARACTERS)
          throw unreplayable(
            file,
            `line ${from} is longer than ${MAX_TEXT_CHARACTERS / 1024 / 1024} MB`,
          );
        continue;
      }
      const lines = (rest + chunk.slice(0, end)).split(/\r?\n/);
      rest = chunk.slice(end + 1);
      yield { lines, from, bytesRead };
      last = bytesRead;
      from += lines.length;
    }
  } catch (cause) {
    if (hasCode(cause, "replay_failed")) throw cause;
    if (rest !== "") yield { lines: [rest], from, bytesRead: last, isCut: true };
    throw unreplayable(
      file,
      `cannot be read beyond line ${from - 1}: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (rest !== "") yield { lines: [rest.replace(/\r$/, "")], from, bytesRead: last, isOpen: true };
}

/** Size in bytes. Throws `replay_failed` when there is no such file. */
export async function sizeOf(file: string): Promise<number> {
  const found = await inspect(file, (path) => stat(path));
  if (found.isDirectory()) throw unreplayable(file, "is a folder");
  return found.size;
}

async function inspect<T>(file: string, read: (file: string) => Promise<T>): Promise<T> {
  try {
    return await read(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const detail = { ENOENT: "no such file", EISDIR: "is a folder" }[code ?? ""] ?? message;
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
