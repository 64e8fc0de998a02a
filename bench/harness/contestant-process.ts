import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { within } from "../../src/waiting/limit.js";

/**
 * A contestant in its own process, so that memory and CPU time are measured separately. It prints
 * its results.
 */
export class ContestantProcess {
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    running.add(child);
    this.ended = once(child, "exit").then(() => running.delete(child));
    if (child.stdout === null) throw new Error("no output to read");
    this.lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** A file of the benchmarks, with these arguments. */
  static script(
    file: string,
    args: readonly (string | number)[],
    settings: Readonly<Record<string, string>> = {},
  ): ContestantProcess {
    const words = ["--import", "tsx", file, ...args.map(String)];
    return ContestantProcess.command(process.execPath, words, settings);
  }

  /** The environment of this machine does not influence the measurement. */
  static command(
    command: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): ContestantProcess {
    return new ContestantProcess(
      spawn(command, args, {
        stdio: ["ignore", "pipe", "inherit"],
        env: { PATH: process.env["PATH"], ...settings },
      }),
    );
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The next line it prints. Throws when the process ends instead, or after `limitMs`. */
  async line(limitMs: number): Promise<string> {
    let found: IteratorResult<string> | undefined;
    const next = this.lines.next().then((result) => (found = result));
    if (!(await within(limitMs, next)))
      throw new Error(`a contestant printed nothing for ${limitMs} ms`);
    if (found?.done === false) return found.value;
    const how = this.child.exitCode ?? this.child.signalCode;
    throw new Error(`a contestant ended by itself (${how})`);
  }

  /** Lets it finish its work; kills it and throws after `limitMs`. */
  async stop(limitMs = 30_000): Promise<void> {
    if (this.isRunning) this.child.kill("SIGTERM");
    if (await within(limitMs, this.ended)) return;
    await this.kill();
    throw new Error(`a contestant did not stop within ${limitMs} ms`);
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.child.kill("SIGKILL");
    await this.ended;
  }
}

const running = new Set<ChildProcess>();
// A benchmark that fails leaves no process running.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
