import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** A file that cannot be replayed; the message names it, and the line where there is one. */
export class ReplayError extends Error {
  readonly code = "replay_failed";
  constructor(file: string, detail: string, options?: ErrorOptions) {
    super(`${file}: ${detail}`, options);
    this.name = "ReplayError";
  }
}

export interface Source {
  /** Text, unpacked. Errors of the file end it. */
  text: Readable;
  /** Bytes of the file read so far, packed: what a progress bar measures. */
  bytesRead(): number;
  failed: Promise<void>;
}

/** Opens a file, gzip or plain; memory stays flat whatever its size. */
export async function openFile(file: string): Promise<Source> {
  let packed: boolean;
  try {
    packed = await isGzip(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new ReplayError(
      file,
      code === "ENOENT"
        ? "no such file"
        : code === "EISDIR"
          ? "is a folder"
          : (cause as Error).message,
      { cause },
    );
  }
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const text = new PassThrough();
  const failed = (
    packed ? pipeline(raw, createGunzip(), text) : pipeline(raw, text)
  ).catch((cause: Error) => {
    throw new ReplayError(file, `cannot be read: ${cause.message}`, { cause });
  });
  // Awaited by the reader once the text has ended; until then a failure shows as the end of the text.
  failed.catch(() => text.destroy());
  return { text, bytesRead: () => raw.bytesRead, failed };
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

export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    throw new ReplayError(file, "no such file", { cause });
  }
}

export function linesOf(source: Source): AsyncIterable<string> {
  return createInterface({ input: source.text, crlfDelay: Infinity });
}

/** Epoch ms of a timestamp in s, ms, µs or ns, told by its magnitude; NaN for anything else. */
export function epochMilliseconds(text: string): number {
  if (!/^\d{10,19}$/.test(text)) return NaN;
  if (text.length >= 18) return Number(text.slice(0, -6));
  if (text.length >= 15) return Number(text.slice(0, -3));
  return text.length >= 12 ? Number(text) : Number(text) * 1_000;
}
