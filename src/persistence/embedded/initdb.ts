import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TapelineError } from "../../domain/tapeline-error.js";
import type { Account, Binaries } from "./postgres-binaries.js";

export const ADMIN = "tapeline";

/** Random, and kept in a file that only its owner can read. */
export interface Passwords {
  admin: string;
  reader: string;
}

export function passwordsFile(home: string): string {
  return join(home, "passwords.json");
}

/**
 * Creates the data folder if there is none, and returns its new passwords; undefined if there is
 * one.
 */
export async function initialise(
  home: string,
  data: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<Passwords | undefined> {
  if (existsSync(join(data, "PG_VERSION"))) return undefined;
  // An incomplete folder of an aborted start: initdb refuses one that is not empty.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(home, "initdb-password");
  const passwords: Passwords = {
    admin: randomBytes(24).toString("base64url"),
    reader: randomBytes(24).toString("base64url"),
  };
  writeFileSync(passwordsFile(home), JSON.stringify(passwords), {
    mode: 0o600,
  });
  writeFileSync(passwordFile, passwords.admin, { mode: 0o600 });
  if (account !== undefined)
    for (const path of [data, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const args = [
      "-D",
      data,
      "-U",
      ADMIN,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
    ];
    await run(binaries.initdb, args, account);
  } catch (cause) {
    rmSync(data, { recursive: true, force: true });
    throw cause;
  } finally {
    rmSync(passwordFile, { force: true });
  }
  return passwords;
}

/** Options of `spawn` to run a child process as another account. */
export function asAccount(account: Account | undefined): {
  uid?: number;
  gid?: number;
} {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

function run(command: string, args: string[], account: Account | undefined): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      ...asAccount(account),
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.once("error", failed);
    child.once("close", (code) => {
      if (code === 0) done();
      else failed(new TapelineError("database_failed", `initdb failed:\n${output.trim()}`));
    });
  });
}
