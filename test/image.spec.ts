import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processExists } from "../src/persistence/embedded/owner-lock.js";
import { unprivilegedAccount } from "../src/persistence/embedded/postgres-binaries.js";
import { until } from "./support/app.js";
import { freePort } from "./support/postgres.js";

// What the Dockerfile's last two stages do, in a folder and without a daemon: its own commands,
// read from it.
const dockerfile = readFileSync("Dockerfile", "utf8").replaceAll("\\\n", " ");

/** The rest of the last line that begins with the words. */
function instruction(words: string): string {
  const lines = dockerfile.split("\n").map((line) => line.trim());
  const found = lines.findLast((line) => line.startsWith(`${words} `));
  if (found === undefined) throw new Error(`the Dockerfile has no ${words}`);
  return found.slice(words.length + 1);
}

/**
 * Arguments of an instruction in exec form: without it, the process would not get the container's
 * signals.
 */
function execForm(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf("["))) as string[];
}

interface Lock {
  packages: Record<string, { dev?: boolean }>;
}

describe("the image", () => {
  const root = mkdtempSync(join(tmpdir(), "tapeline-image-"));
  const app = join(root, "app");
  const data = join(root, "data");
  const account = unprivilegedAccount();
  let child: ChildProcess | undefined;
  let output = "";
  let env: Record<string, string>;

  beforeAll(async () => {
    mkdirSync(app);
    mkdirSync(data, { mode: 0o700 });
    if (account !== undefined) {
      chmodSync(root, 0o755);
      chownSync(data, account.uid, account.gid);
    }
    for (const file of ["package.json", "package-lock.json"]) copyFileSync(file, join(app, file));
    // The cache has all of it since this project's own installation.
    inApp(
      instruction("RUN npm ci --omit=dev").split("&&")[0] ?? "",
      "npm ci --omit=dev --prefer-offline ",
    );
    cpSync("dist", join(app, "dist"), { recursive: true });
    inApp(instruction("RUN node").replaceAll("/app/", `${app}/`), "node ");
    if (account === undefined) execFileSync("chmod", ["-R", "a-w", app]);
    env = {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "production",
      FEEDS: "",
      DATA_DIR: data,
      PORT: String(await freePort()),
      EMBEDDED_PORT: String(await freePort()),
    };
  }, 300_000);

  afterAll(() => {
    child?.kill("SIGKILL");
    if (account === undefined) execFileSync("chmod", ["-R", "u+w", app]);
    rmSync(root, { recursive: true, force: true });
  });

  function inApp(rest: string, command: string): void {
    execFileSync("sh", ["-c", command + rest], {
      cwd: app,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  function start(command: string[]): ChildProcess {
    const [file = "", ...args] = command;
    const user = account === undefined ? {} : { uid: account.uid, gid: account.gid };
    return spawn(file, args, {
      cwd: app,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...user,
    });
  }

  const status = (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${env["PORT"]}${path}`, {
      signal: AbortSignal.timeout(5_000),
    }).then(
      (response) => response.status,
      () => 0,
    );

  it("holds no development dependency", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
    const development = Object.keys(packages).filter((path) => packages[path]?.dev === true);
    expect(development.length).toBeGreaterThan(100);
    expect(development.filter((path) => existsSync(join(app, path)))).toEqual([]);
    expect(existsSync(join(app, "node_modules/@nestjs/core"))).toBe(true);
  });

  it("runs as a user who is not root and keeps its data in a volume of that user", () => {
    expect(instruction("USER")).toBe("1000:1000");
    expect(instruction("VOLUME")).toBe("/data");
    expect(instruction("RUN install")).toContain("--owner=node --group=node --mode=0700 /data");
    expect(dockerfile).toMatch(/DATA_DIR=\/data/);
  });

  it("starts as that user with nothing but its data folder to write to, gets ready, and serves the page", async () => {
    child = start(execForm(instruction("CMD")));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text: Buffer) => (output += text.toString()));
    const { pid } = child;
    await until(
      async () => {
        if (child?.exitCode !== null) throw new Error(`ended by itself:\n${output}`);
        return (await status("/health/ready")) === 200;
      },
      60_000,
      () => output,
    );
    expect(pid).toBeGreaterThan(0);
    expect(await status("/")).toBe(200);
  });

  it("is called healthy by its own health check, and unhealthy when nothing answers", async () => {
    const check = execForm(instruction("HEALTHCHECK"));
    expect(await once(start(check), "exit")).toEqual([0, null]);
    const port = env["PORT"] as string;
    env["PORT"] = String(await freePort());
    expect(await once(start(check), "exit")).toEqual([1, null]);
    env["PORT"] = port;
  });

  it("ends with exit code 0 within 10 s of the stop signal and leaves no PostgreSQL behind", async () => {
    const [line = ""] = readFileSync(join(data, "postgres", "postmaster.pid"), "utf8").split("\n");
    const postmaster = Number(line);
    expect(processExists(postmaster)).toBe(true);
    const running = child as ChildProcess;
    const ended = once(running, "exit");
    const begin = Date.now();
    running.kill(instruction("STOPSIGNAL") as NodeJS.Signals);
    expect({ ended: await ended, output }).toMatchObject({ ended: [0, null] });
    expect(Date.now() - begin).toBeLessThan(10_000);
    expect(processExists(postmaster)).toBe(false);
    expect(await status("/health/live")).toBe(0);
  });
});
