import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

const CHUNK_BYTES = 256 * 1024;
/** The least that zlib allows. */
const SMALLEST_CHUNK_BYTES = 64;

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
 * Throws at damage, after all that comes before it: zlib gives nothing of the chunk in which it
 * finds the damage, hence the file is then read once more in small ones.
 */
export async function* unpackedChunksOf(file: string): AsyncGenerator<Chunk> {
  let given = 0;
  try {
    for await (const chunk of gunzip(file, CHUNK_BYTES)) {
      yield chunk;
      given += chunk.bytes.length;
    }
  } catch {
    let at = 0;
    for await (const { bytes, bytesRead } of gunzip(file, SMALLEST_CHUNK_BYTES)) {
      const skipped = Math.min(bytes.length, Math.max(0, given - at));
      at += bytes.length;
      if (skipped < bytes.length) yield { bytes: bytes.subarray(skipped), bytesRead };
    }
  }
}

async function* gunzip(file: string, chunkSize: number): AsyncGenerator<Chunk> {
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  // The last stream of the pipeline passes errors on to the reader below.
  const text = pipeline(raw, createGunzip({ chunkSize }), () => undefined);
  for await (const bytes of text as AsyncIterable<Buffer>)
    yield { bytes, bytesRead: raw.bytesRead };
}
