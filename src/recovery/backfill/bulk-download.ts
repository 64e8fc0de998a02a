import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { TapelineError, canRetry } from "../../domain/tapeline-error.js";
import { Backoff } from "../../waiting/backoff.js";

/** Without a byte for this long, the connection is given up. */
const SILENCE_MS = 30_000;
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 4_000;
/** A month of the busiest market has about 1 GB. */
const MAX_BYTES = 32 * 2 ** 30;
/** Stays free on the disk, for the database. */
const MIN_FREE_BYTES = 2 ** 30;
const MAX_CHECKSUM_BYTES = 1_000;

/** Called with the part (0–1) of the file that is downloaded. */
export type OnProgress = (part: number) => void;

/**
 * Downloads a zip of a bulk server and checks its SHA-256 against the checksum file beside it. When
 * the connection breaks, the downloaded part stays and the next call resumes after it. Throws
 * `file_refused` or `file_unavailable`.
 *
 * @param base `https:`, `http:` or `file:` URL; files of this machine are read where they are
 * @returns its path; undefined when there is no such file
 */
export async function download(
  base: string,
  path: string,
  folder: string,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<string | undefined> {
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  const name = basename(path);
  for (let isRetry = false; ; isRetry = true) {
    const expected = await checksumOf(url, name, signal);
    if (expected === undefined) return undefined;
    const file =
      url.protocol === "file:"
        ? await existing(fileURLToPath(url))
        : await fetched(url, `${folder}/${name}`, signal, onProgress);
    if (file === undefined) return undefined;
    const actual = await sha256Of(file, signal);
    if (actual === expected) return file;
    if (url.protocol !== "file:") await rm(file, { force: true });
    // It may have been replaced between the two requests.
    if (isRetry || url.protocol === "file:")
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

async function textOf(url: URL, signal: AbortSignal): Promise<string | undefined> {
  if (url.protocol === "file:") {
    const path = await existing(fileURLToPath(url));
    if (path === undefined) return undefined;
    const parts: Buffer[] = [];
    for await (const part of createReadStream(path, {
      end: MAX_CHECKSUM_BYTES,
    }))
      parts.push(part as Buffer);
    return Buffer.concat(parts).toString("latin1");
  }
  return withRetries(url, signal, async () => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]);
    const response = await answerOf(url, limit);
    if (response === undefined) return undefined;
    return (await response.text()).slice(0, MAX_CHECKSUM_BYTES);
  });
}

async function fetched(
  url: URL,
  path: string,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<string | undefined> {
  await mkdir(dirname(path), { recursive: true });
  if ((await existing(path)) !== undefined) return path;
  const part = `${path}.part`;
  const found = await withRetries(url, signal, () => fetchRemainder(url, part, signal, onProgress));
  if (!found) return undefined;
  await rename(part, path);
  return path;
}

/** Appends the bytes that `part` still lacks. Resolves to false when there is no such file. */
async function fetchRemainder(
  url: URL,
  part: string,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<boolean> {
  const silence = new AbortController();
  const watch = setTimeout(
    () => silence.abort(new Error(`nothing came for ${SILENCE_MS / 1_000} s`)),
    SILENCE_MS,
  );
  try {
    const limit = AbortSignal.any([signal, silence.signal]);
    const haveBytes = await sizeOf(part);
    const response = await answerOf(url, limit, haveBytes);
    if (response === undefined) return false;
    const isPartial = response.status === 206;
    let bytes = isPartial ? haveBytes : 0;
    const totalBytes = bytes + Number(response.headers.get("content-length") ?? 0);
    await requireSpace(part, totalBytes, totalBytes - bytes);
    const source = Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
    source.on("data", (chunk: Buffer) => {
      watch.refresh();
      bytes += chunk.length;
      if (bytes > MAX_BYTES) source.destroy(tooLarge(part));
      onProgress(totalBytes === 0 ? 0 : bytes / totalBytes);
    });
    await pipeline(source, createWriteStream(part, { flags: isPartial ? "a" : "w" }), {
      signal: limit,
    });
    return true;
  } finally {
    clearTimeout(watch);
  }
}

/** Undefined for 404. */
async function answerOf(
  url: URL,
  signal: AbortSignal,
  haveBytes = 0,
): Promise<Response | undefined> {
  const headers = haveBytes > 0 ? { range: `bytes=${haveBytes}-` } : undefined;
  const response = await fetch(url, { signal, ...(headers && { headers }) });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  // The part is complete, or of another version of the file: the checksum decides.
  if (response.status === 416) return answerOf(url, signal);
  throw new TapelineError("file_unavailable", `${url.href}: ${response.status}`);
}

async function withRetries<T>(
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
      if (tries === MAX_ATTEMPTS) {
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

async function requireSpace(path: string, size: number, missing: number): Promise<void> {
  if (size > MAX_BYTES) throw tooLarge(path);
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize < missing + MIN_FREE_BYTES)
    throw new TapelineError(
      "file_refused",
      `${basename(path, ".part")} has ${size} bytes, and ${dirname(path)} has no space for them`,
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
