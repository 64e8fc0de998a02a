import { spawn } from "node:child_process";

type End = "passed" | "failed" | "timeout";

/** One run of suites that use the shared database server; a suite that fails ends it. */
export async function runSuites(
  folder: string,
  suites: readonly string[],
  limitMs: number,
): Promise<End> {
  const child = spawn(
    process.execPath,
    [
      "--experimental-vm-modules",
      "node_modules/jest/bin/jest.js",
      "--config=test/mutation/jest.config.js",
      "--bail",
      // A test that fails may leave timers, which would count as out of time.
      "--forceExit",
      "--maxWorkers=1",
      "--silent",
    ],
    {
      cwd: folder,
      stdio: "ignore",
      // A group of its own, so that servers which a suite has started end with it.
      detached: true,
      env: {
        ...process.env,
        MUTATION_SUITES: JSON.stringify(suites),
        MUTATION_SERVER: "yes",
      },
    },
  );
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  const interrupted = (): void => end();
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    end();
  }, limitMs);
  try {
    const code = await new Promise<number | null>((ended, failed) => {
      child.once("exit", ended);
      child.once("error", failed);
    });
    return isLate ? "timeout" : code === 0 ? "passed" : "failed";
  } finally {
    clearTimeout(limit);
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}
