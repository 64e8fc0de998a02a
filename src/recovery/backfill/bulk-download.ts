import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { TapelineError, canRetry } from "../../domain/tapeline-error.js";
import { Backoff } from "../../waiting/backoff.js";

/** Nothing arrives for so long, and the connection is given up. */
const SILENCE_MS = 30_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 4_000;
/** A month of the busiest market has about 1 GB. */
const MAX_BYTES = 32 * 2 ** 30;
/** Left free on the disk, for the database. */
const SPARE_BYTES = 2 ** 30;
const CHECKSUM_BYTES = 1_000;

/** Part (0–1) of the file that is here. */
export type Arrived = (part: number) => void;

/**
 * A zip of a bulk server, its SHA-256 checked against the checksum file beside it. What has arrived of it stays when the
 * connection breaks, and the next call goes on behind it. Undefined when there is no such file.
 *
 * @param base `https:`, `http:` or `file:` URL; files of this machine are read where they are
 * @returns where it lies
 */
export async function download(
  base: string,
  path: string,
  folder: string,
  signal: AbortSignal,
  arrived: Arrived,
): Promise<string | undefined> {
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  const name = basename(path);
  for (let again = false; ; again = true) {
    const expected = await checksumOf(url, name, signal);
    if (expected === undefined) return undefined;
    const file =
      url.protocol === "file:"
        ? await existing(fileURLToPath(url))
        : await fetched(url, `${folder}/${name}`, signal, arrived);
    if (file === undefined) return undefined;
    const actual = await sha256Of(file, signal);
    if (actual === expected) return file;
    if (url.protocol !== "file:") await rm(file, { force: true });
    // It may have been replaced between the two questions.
    if (again || url.protocol === "file:")
      throw new TapelineError(
        "file_refused",
        `${name}: its SHA-256 is ${actual}, and ${name}.CHECKSUM says ${expected}`,
      );
  }
}

async function checksumOf(
  url: URL,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = new URL(url);
  place.pathname += ".CHECKSUM";
  const text = await textOf(place, signal);
  if (text === undefined) return undefined;
  const [, sum, of] = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(text) ?? [];
  if (sum === undefined || of !== name)
    throw new TapelineError(
      "file_refused",
      `${name}.CHECKSUM must be a SHA-256 and ${name}, not ${JSON.stringify(text.slice(0, 100))}`,
    );
  return sum.toLowerCase();
}

async function textOf(
  url: URL,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (url.protocol === "file:") {
    const path = await existing(fileURLToPath(url));
    if (path === undefined) return undefined;
    const parts: Buffer[] = [];
    for await (const part of createReadStream(path, { end: CHECKSUM_BYTES }))
      parts.push(part as Buffer);
    return Buffer.concat(parts).toString("latin1");
  }
  return persistently(url, signal, async () => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]);
    const response = await answerOf(url, limit);
    if (response === undefined) return undefined;
    return (await response.text()).slice(0, CHECKSUM_BYTES);
  });
}

async function fetched(
  url: URL,
  path: string,
  signal: AbortSignal,
  arrived: Arrived,
): Promise<string | undefined> {
  await mkdir(dirname(path), { recursive: true });
  if ((await existing(path)) !== undefined) return path;
  const part = `${path}.part`;
  const found = await persistently(url, signal, () =>
    fetchRest(url, part, signal, arrived),
  );
  if (!found) return undefined;
  await rename(part, path);
  return path;
}

/** Writes what is missing at the end of `part`. False when there is no such file. */
async function fetchRest(
  url: URL,
  part: string,
  signal: AbortSignal,
  arrived: Arrived,
): Promise<boolean> {
  const silence = new AbortController();
  const watch = setTimeout(
    () => silence.abort(new Error(`nothing came for ${SILENCE_MS / 1_000} s`)),
    SILENCE_MS,
  );
  try {
    const limit = AbortSignal.any([signal, silence.signal]);
    const have = await sizeOf(part);
    const response = await answerOf(url, limit, have);
    if (response === undefined) return false;
    const isRest = response.status === 206;
    let bytes = isRest ? have : 0;
    const all = bytes + Number(response.headers.get("content-length") ?? 0);
    await requireRoom(part, all, all - bytes);
    const source = Readable.fromWeb(
      response.body as import("node:stream/web").ReadableStream,
    );
    source.on("data", (chunk: Buffer) => {
      watch.refresh();
      bytes += chunk.length;
      if (bytes > MAX_BYTES) source.destroy(tooLarge(part));
      arrived(all === 0 ? 0 : bytes / all);
    });
    await pipeline(
      source,
      createWriteStream(part, { flags: isRest ? "a" : "w" }),
      { signal: limit },
    );
    return true;
  } finally {
    clearTimeout(watch);
  }
}

/** Undefined for 404. */
async function answerOf(
  url: URL,
  signal: AbortSignal,
  have = 0,
): Promise<Response | undefined> {
  const headers = have > 0 ? { range: `bytes=${have}-` } : undefined;
  const response = await fetch(url, { signal, ...(headers && { headers }) });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  // What is here is all there is, or belongs to another version of the file: the checksum tells.
  if (response.status === 416) return answerOf(url, signal);
  throw new TapelineError(
    "file_unavailable",
    `${url.href}: ${response.status}`,
  );
}

async function persistently<T>(
  url: URL,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(FIRST_PAUSE_MS, MAX_PAUSE_MS);
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!canRetry(error)) throw error;
      if (tries === ATTEMPTS) {
        const { message, cause } = error as Error;
        throw new TapelineError(
          "file_unavailable",
          `${url.href} cannot be read: ${cause instanceof Error ? cause.message : message}`,
          { cause: error },
        );
      }
    }
    await backoff.wait(signal);
  }
}

async function requireRoom(
  path: string,
  size: number,
  missing: number,
): Promise<void> {
  if (size > MAX_BYTES) throw tooLarge(path);
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize < missing + SPARE_BYTES)
    throw new TapelineError(
      "file_refused",
      `${basename(path, ".part")} has ${size} bytes, and ${dirname(path)} no room for them`,
    );
}

function tooLarge(path: string): TapelineError {
  return new TapelineError(
    "file_refused",
    `${basename(path, ".part")} is larger than ${MAX_BYTES / 2 ** 30} GB`,
  );
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, {
    signal,
  });
  return hash.digest("hex");
}

async function existing(path: string): Promise<string | undefined> {
  return (await sizeOf(path, -1)) >= 0 ? path : undefined;
}

async function sizeOf(path: string, absent = 0): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return absent;
    throw error;
  }
}
