import { execFileSync } from "node:child_process";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Each further attempt follows the removal of a dead owner's file. */
const MAX_ATTEMPTS = 5;

interface Owner {
  pid: number;
  /**
   * Start time, which distinguishes a process from a later one with the same pid; empty where
   * unknown.
   */
  started: string;
}

/**
 * Lock file of the process that runs a data folder's embedded database. It outlives a killed
 * process, so a lock counts only while its owner is alive.
 */
export class OwnerLock {
  private readonly path: string;
  private held = false;

  constructor(dataDir: string) {
    this.path = join(dataDir, "owner.json");
  }

  /** Pid of the living owner, if it is another process. */
  livingOwner(): number | undefined {
    const owner = this.read();
    return owner !== undefined && owner.pid !== process.pid && isAlive(owner)
      ? owner.pid
      : undefined;
  }

  /** Takes the lock; false when another living process holds it. */
  take(): boolean {
    const ownFile = `${this.path}.${process.pid}`;
    writeFileSync(
      ownFile,
      JSON.stringify({
        pid: process.pid,
        started: startTimeOf(process.pid),
      } satisfies Owner),
      { mode: 0o600 },
    );
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        try {
          linkSync(ownFile, this.path);
          this.held = true;
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
        if (this.livingOwner() !== undefined) return false;
        this.removeDead();
      }
      return false;
    } finally {
      rmSync(ownFile, { force: true });
    }
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    rmSync(this.path, { force: true });
  }

  /**
   * Renames first: two processes that both found a dead owner must not remove each other's fresh
   * file.
   */
  private removeDead(): void {
    const deadFile = `${this.path}.dead.${process.pid}`;
    try {
      renameSync(this.path, deadFile);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return;
    }
    const moved = parse(readFileSync(deadFile, "utf8"));
    if (moved !== undefined && isAlive(moved) && !existsSync(this.path))
      linkSync(deadFile, this.path);
    rmSync(deadFile, { force: true });
  }

  private read(): Owner | undefined {
    try {
      return parse(readFileSync(this.path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    // Cut short by a crash while it was written: no process holds it.
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  return (
    processExists(owner.pid) && (owner.started === "" || startTimeOf(owner.pid) === owner.started)
  );
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Clock ticks after boot at which a process started (Linux), or empty. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name may hold spaces and brackets: count fields after its last bracket.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/**
 * Whether a process is the PostgreSQL of this data folder. After a crash of the machine the pid in
 * its lock file may belong to another program, which must not be stopped as an orphan.
 */
export function runsPostgres(pid: number, data: string): boolean {
  if (!processExists(pid)) return false;
  const command = commandOf(pid);
  return command.includes("postgres") && command.includes(data);
}

function commandOf(pid: number): string {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], {
          encoding: "utf8",
        });
  } catch {
    // It ended meanwhile.
    return "";
  }
}
