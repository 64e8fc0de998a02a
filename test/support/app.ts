import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./postgres.js";
import { atSuiteEnd } from "./suite-end.js";

const CLI = resolve("dist/cli.js");

export type Settings = Record<string, string>;

/** What a command of the built product printed and how it ended. */
export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

/** A running process of the built product. */
export class Process {
  output = "";
  private readonly ended: Promise<Finished>;

  private constructor(
    private readonly child: ChildProcess,
    /** Where its HTTP server listens, once it is ready. */
    readonly url: string,
  ) {
    const collect = (data: Buffer): void => {
      this.output = (this.output + data.toString()).slice(-200_000);
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    this.ended = once(child, "exit").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      output: this.output,
    }));
  }

  static async start(
    args: string[],
    settings: Settings = {},
    options: { uid?: number; gid?: number } = {},
  ): Promise<Process> {
    const port = await freePort();
    // The machine's environment does not influence the test, and no exchange is contacted.
    const env = {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      FEEDS: "",
      PORT: String(port),
      RATE_LIMIT: "1000000",
      ...settings,
    };
    const child = spawn(process.execPath, [CLI, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    // A failed test leaves no process running.
    atSuiteEnd(() => void child.kill("SIGKILL"));
    running.add(child);
    child.once("exit", () => running.delete(child));
    return new Process(child, `http://127.0.0.1:${env.PORT}`);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until /health/ready answers 200. */
  async ready(limitMs = 60_000): Promise<this> {
    await until(
      () => this.isReady(),
      limitMs,
      () => `not ready:\n${this.output}`,
    );
    return this;
  }

  async isReady(): Promise<boolean> {
    if (!this.isRunning) throw new Error(`ended by itself:\n${this.output}`);
    return (await this.status("/health/ready")) === 200;
  }

  /** Status of a GET, or 0 while nothing answers. */
  async status(path: string): Promise<number> {
    try {
      return (await fetch(this.url + path, { signal: AbortSignal.timeout(5_000) })).status;
    } catch {
      return 0;
    }
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path, {
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** SIGTERM, and what the process made of it. */
  async stop(limitMs = 30_000): Promise<Finished> {
    if (this.isRunning) this.child.kill("SIGTERM");
    return this.finished(limitMs);
  }

  async kill(): Promise<Finished> {
    if (this.isRunning) this.child.kill("SIGKILL");
    return this.finished(10_000);
  }

  async finished(limitMs = 120_000): Promise<Finished> {
    const limit = new AbortController();
    try {
      const late = sleep(limitMs, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`still running after ${limitMs} ms:\n${this.output}`);
      });
      return await Promise.race([this.ended, late]);
    } finally {
      limit.abort();
    }
  }
}

const running = new Set<ChildProcess>();
// Nor does a benchmark or a worker that ends before its suite.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Runs a command to its end. */
export async function run(
  args: string[],
  settings: Settings = {},
  limitMs = 120_000,
): Promise<Finished> {
  return (await Process.start(args, settings)).finished(limitMs);
}

/** Polls until the condition holds. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  limitMs: number,
  explain: () => string = () => "",
): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`not within ${limitMs} ms ${explain()}`);
    await sleep(50);
  }
}
