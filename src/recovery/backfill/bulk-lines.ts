import type { Readable } from "node:stream";
import * as yauzl from "yauzl";
import { TapelineError } from "../../domain/tapeline-error.js";

/** Lines of exchanges have about a hundred. */
const MAX_LINE_CHARACTERS = 10_000;

/** A chunk of lines. */
export interface Lines {
  lines: string[];
  /** Number of the first of them, from 1. */
  from: number;
}

/**
 * The lines of the one CSV in a zip, unpacked as they are read: memory stays flat whatever its
 * size. Throws `file_refused` at a damaged place, after the lines before it.
 */
export async function* linesOfZip(path: string, name: string): AsyncGenerator<Lines> {
  let archive: yauzl.ZipFile | undefined;
  let text: Readable | undefined;
  let from = 1;
  let rest = "";
  try {
    archive = await yauzl.openPromise(path, { autoClose: false });
    text = await theOneFile(archive, name);
    text.setEncoding("utf8");
    for await (const chunk of text as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() as string;
      if (rest.length > MAX_LINE_CHARACTERS)
        throw new TapelineError(
          "file_refused",
          `${name}:${from + lines.length}: a line without an end`,
        );
      if (lines.length > 0) yield { lines, from };
      from += lines.length;
    }
  } catch (cause) {
    if (cause instanceof TapelineError) throw cause;
    const place =
      from > 1
        ? `${name}: cannot be unpacked after line ${from - 1}`
        : `${name} is not a whole zip file`;
    throw new TapelineError("file_refused", `${place}: ${(cause as Error).message}`, { cause });
  } finally {
    text?.destroy();
    archive?.close();
  }
  if (rest !== "") yield { lines: [rest], from };
}

async function theOneFile(archive: yauzl.ZipFile, name: string): Promise<Readable> {
  const entries: yauzl.Entry[] = [];
  for await (const entry of archive.eachEntry()) entries.push(entry);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || !entry.fileName.endsWith(".csv"))
    throw new TapelineError(
      "file_refused",
      `${name} must hold one CSV, not ${
        entries
          .map(({ fileName }) => fileName)
          .slice(0, 5)
          .join(", ") || "nothing"
      }`,
    );
  return archive.openReadStreamPromise(entry);
}
