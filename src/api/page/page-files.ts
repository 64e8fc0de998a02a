import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { extname, join, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

type Encoding = "br" | "gzip" | "identity";
/** Compressed copies that the build writes beside a file, the smaller one first. */
const COMPRESSED = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

export interface PageFile {
  type: string;
  /** The name contains a hash of the content, so the file never changes. */
  immutable: boolean;
  /** Always `identity`; the others if the build has written them. */
  bodies: Map<Encoding, { body: Buffer; etag: string }>;
}

/**
 * The files of the built page by path, such as `/assets/main-B2x.js`; empty if it was not built.
 * Some 100 kB.
 */
export function readPage(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  if (!existsSync(folder)) return files;
  for (const name of readdirSync(folder, {
    recursive: true,
    encoding: "utf8",
  })) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = `/${name.split(sep).join("/")}`;
    const bodies: PageFile["bodies"] = new Map();
    for (const [encoding, ending] of [...COMPRESSED, ["identity", ""]] as const)
      if (existsSync(join(folder, name + ending)))
        bodies.set(encoding, bodyOf(join(folder, name + ending)));
    files.set(path, { type, immutable: path.startsWith("/assets/"), bodies });
  }
  return files;
}

function bodyOf(file: string): { body: Buffer; etag: string } {
  const body = readFileSync(file);
  const etag = `"${createHash("sha1").update(body).digest("base64url")}"`;
  return { body, etag };
}

/**
 * The smallest encoding of the file that the client accepts (RFC 9110, 12.5.3; of the weights only
 * 0 counts).
 */
export function encodingFor(file: PageFile, accept: string | undefined): Encoding {
  const refused = /;\s*q=0(\.0*)?$/;
  const taken = (accept ?? "")
    .toLowerCase()
    .split(",")
    .map((range) => range.trim())
    .filter((range) => !refused.test(range))
    .map((range) => range.replace(/\s*;.*/, ""));
  for (const [encoding] of COMPRESSED)
    if (taken.includes(encoding) && file.bodies.has(encoding)) return encoding;
  return "identity";
}
