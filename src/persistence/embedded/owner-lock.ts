import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

interface Owner {
  pid: number;
  /** Tells a process from a later one with the same pid; empty where the system does not say. */
  started: string;
}

/**
 * Who runs the embedded database of a data folder: a file that one process at a time can hold. It outlives a
 * `kill -9`, so the holder's life is checked, not the file's presence.
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

  /** False when another living process holds it. */
  take(): boolean {
    const mine = `${this.path}.${process.pid}`;
    writeFileSync(
      mine,
      JSON.stringify({
        pid: process.pid,
        started: startTimeOf(process.pid),
      } satisfies Owner),
      { mode: 0o600 },
    );
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          linkSync(mine, this.path);
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
      rmSync(mine, { force: true });
    }
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    rmSync(this.path, { force: true });
  }

  /** Renames first: two processes that both found a dead owner must not remove each other's fresh file. */
  private removeDead(): void {
    const aside = `${this.path}.dead.${process.pid}`;
    try {
      renameSync(this.path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return;
    }
    const moved = parse(readFileSync(aside, "utf8"));
    if (moved !== undefined && isAlive(moved) && !existsSync(this.path))
      linkSync(aside, this.path);
    rmSync(aside, { force: true });
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
    // Cut short by a crash while it was written: nobody holds it.
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  return (
    processExists(owner.pid) &&
    (owner.started === "" || startTimeOf(owner.pid) === owner.started)
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
 * Whether a process is the PostgreSQL of this data folder. After a crash of the machine the pid in its lock file may be
 * anybody's, and stopping an orphan must not hit a stranger.
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
