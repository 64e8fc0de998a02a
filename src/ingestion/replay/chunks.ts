import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

const CHUNK_BYTES = 256 * 1024;
/** Of the packed file; unpacked it may be a thousand times as long. */
const SLICE_BYTES = 16 * 1024;

/** A part of a file's content. */
export interface Chunk {
  bytes: Buffer;
  /** Of the file, so far. */
  bytesRead: number;
}

export async function* chunksOf(file: string): AsyncGenerator<Chunk> {
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  for await (const bytes of raw as AsyncIterable<Buffer>) yield { bytes, bytesRead: raw.bytesRead };
}

/**
 * Throws at damage, after all that comes before it: zlib gives nothing of the slice in which it
 * finds the damage, hence that one is then given to it byte by byte.
 */
export async function* unpackedChunksOf(file: string): AsyncGenerator<Chunk> {
  /** Bytes of the file that are unpacked, and of the content that came of them or later. */
  let [read, given] = [0, 0];
  try {
    for await (const { bytes, bytesRead } of gunzip(slicesOf(file, Infinity))) {
      yield { bytes, bytesRead };
      given += bytes.length;
      read = bytesRead;
    }
  } catch (error) {
    let at = 0;
    for await (const { bytes, bytesRead } of gunzip(slicesOf(file, read))) {
      const skipped = Math.min(bytes.length, Math.max(0, given - at));
      at += bytes.length;
      if (skipped < bytes.length) yield { bytes: bytes.subarray(skipped), bytesRead };
    }
    throw error;
  }
}

/** Up to `whole` large ones, then one more slice byte by byte. */
async function* slicesOf(file: string, whole: number): AsyncGenerator<Buffer> {
  let at = 0;
  const raw = createReadStream(file, { highWaterMark: SLICE_BYTES });
  for await (const slice of raw as AsyncIterable<Buffer>) {
    if (at + slice.length <= whole) yield slice;
    else for (let byte = 0; byte < slice.length; byte++) yield slice.subarray(byte, byte + 1);
    at += slice.length;
  }
}

/**
 * What comes of each slice. Read by events: as a stream it would forget at an error what has not
 * been read yet.
 */
async function* gunzip(slices: AsyncIterable<Buffer>): AsyncGenerator<Chunk> {
  const unpacking = createGunzip({ chunkSize: CHUNK_BYTES });
  const problems: Error[] = [];
  let parts: Buffer[] = [];
  const closed = new Promise<void>((resolve) => unpacking.once("close", resolve));
  unpacking
    .on("error", (error) => problems.push(error))
    .on("data", (part: Buffer) => parts.push(part));
  let bytesRead = 0;
  const taken = function* (): Generator<Chunk> {
    const bytes = Buffer.concat(parts);
    parts = [];
    // Also without content: the slice is unpacked.
    if (problems.length === 0 || bytes.length > 0) yield { bytes, bytesRead };
    if (problems[0] !== undefined) throw problems[0];
  };
  try {
    for await (const slice of slices) {
      const written = new Promise<void>((resolve) => unpacking.write(slice, () => resolve()));
      await Promise.race([written, closed]);
      if (problems.length === 0) bytesRead += slice.length;
      yield* taken();
    }
    unpacking.end();
    await closed;
    yield* taken();
  } finally {
    unpacking.destroy();
  }
}
