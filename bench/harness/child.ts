import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

const ANSWER_LIMIT_MS = 180_000;

interface Request {
  id: number;
  what: string;
  parts: unknown[];
}
interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** The commands of a child process. */
export type Commands = Record<string, (...parts: never[]) => unknown>;

/** A part of a benchmark in a process of its own, so that its memory and CPU are its own. */
export class Child {
  private readonly waiting = new Map<
    number,
    { done: (result: unknown) => void; fail: (error: Error) => void }
  >();
  private next = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on("message", (reply: Reply) => {
      const request = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.error === undefined) request?.done(reply.result);
      else request?.fail(new Error(reply.error));
    });
    child.once("exit", (code) => {
      running.delete(child);
      for (const { fail } of this.waiting.values())
        fail(new Error(`a process of the benchmark ended with ${code}`));
      this.waiting.clear();
    });
  }

  /** `env` is the complete environment of the process, except for the path to node. */
  static async start(
    file: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Child> {
    const child = fork(file, args, {
      execArgv: ["--import", "tsx", "--expose-gc"],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    });
    running.add(child);
    const self = new Child(child);
    await self.call("begin");
    return self;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async call<T>(what: string, ...parts: unknown[]): Promise<T> {
    const id = this.next++;
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((done, fail) => {
        late = setTimeout(() => fail(new Error(`no answer to "${what}" in time`)), ANSWER_LIMIT_MS);
        this.waiting.set(id, { done: (it) => done(it as T), fail });
        this.child.send({ id, what, parts } satisfies Request);
      });
    } finally {
      clearTimeout(late);
      this.waiting.delete(id);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

const running = new Set<ChildProcess>();
// A benchmark that fails leaves no process running.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** To be called once by the child process: serves `commands` until the parent disconnects. */
export function answer(commands: Commands): void {
  process.on("message", ({ id, what, parts }: Request) => {
    void (async () => {
      const reply: Reply = { id };
      try {
        if (what !== "begin")
          reply.result = await (commands[what] as (...all: unknown[]) => unknown)(...parts);
      } catch (error) {
        reply.error = String((error as Error).stack);
      }
      process.send?.(reply);
    })();
  });
  process.once("disconnect", () => process.exit(0));
}

/** One clock for all processes of a machine, ms. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
