import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OwnerLock, runsPostgres } from "./owner-lock.js";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tapeline-lock-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (owner: object): void =>
  writeFileSync(join(folder, "owner.json"), JSON.stringify(owner));

it("can be taken, released and taken again", () => {
  const lock = new OwnerLock(folder);
  expect(lock.take()).toBe(true);
  lock.release();
  expect(new OwnerLock(folder).take()).toBe(true);
});

it("is refused while another living process holds it, and gives that process's pid", () => {
  write({ pid: process.ppid, started: "" });
  const lock = new OwnerLock(folder);
  expect(lock.livingOwner()).toBe(process.ppid);
  expect(lock.take()).toBe(false);
});

it("is taken over from a dead process, from a pid that was reused, and from a truncated file", () => {
  for (const owner of [
    { pid: 2 ** 22 + 1, started: "" },
    { pid: process.ppid, started: "not when that one started" },
  ]) {
    write(owner);
    const lock = new OwnerLock(folder);
    expect(lock.take()).toBe(true);
    lock.release();
  }
  writeFileSync(join(folder, "owner.json"), '{"pid":');
  expect(new OwnerLock(folder).take()).toBe(true);
});

it("does not mistake another program with PostgreSQL's old pid for PostgreSQL", () => {
  // A stale lock file after a reboot used to get an unrelated process stopped.
  const other = spawn("sleep", ["30"]);
  try {
    expect(runsPostgres(other.pid as number, "/srv/tapeline/postgres")).toBe(false);
  } finally {
    other.kill("SIGKILL");
  }
});
