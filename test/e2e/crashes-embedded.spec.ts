import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processExists } from "../../src/persistence/embedded/owner-lock.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { type Golden, goldens } from "../support/golden.js";
import { freePort } from "../support/postgres.js";
import { random } from "../support/random.js";

const SEED = Number(process.env["CRASH_SEED"] ?? 20_261_121);
const spot = (): Golden =>
  goldens().find(({ name }) => name === "binance-spot" || name === "made frames") as Golden;

describe(`kill -9 with the embedded database (seed ${SEED})`, () => {
  let folder: string;
  let settings: Settings;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tapeline-crash-"));
    chmodSync(folder, 0o755);
    settings = {
      DATA_DIR: join(folder, "data"),
      EMBEDDED_PORT: String(await freePort()),
    };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const replaying = (): string[] => {
    const [, venue = "", ...files] = spot().replay;
    return ["serve", "--venue", venue, ...files.flatMap((file) => ["--replay", file])];
  };
  const postmaster = (): number =>
    Number(readFileSync(join(folder, "data", "postgres", "postmaster.pid"), "utf8").split("\n")[0]);

  it("needs no manual step after ten kills, and ends with every trade", async () => {
    const next = random(SEED);
    for (let kill = 0; kill < 10; kill++) {
      const app = await Process.start(replaying(), settings);
      await sleep(600 + next() * 2_200);
      await app.kill();
    }
    const app = await (await Process.start(replaying(), settings)).ready();
    await until(
      () => app.output.includes("Replayed") && app.output.includes("trades/s"),
      60_000,
      () => app.output,
    );
    const refused = await (
      await Process.start(["serve"], {
        ...settings,
        EMBEDDED_PORT: String(await freePort()),
      })
    ).finished();
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringContaining(`process ${app.pid}`) as string,
    });
    // A reading command uses the running database.
    expect(await run(["verify"], settings)).toMatchObject({
      code: 0,
      output: expect.stringContaining("every one equals its trades") as string,
    });
    const pid = postmaster();
    expect(await app.stop()).toMatchObject({ code: 0 });
    expect(processExists(pid)).toBe(false);
  }, 200_000);

  it("restarts the database when it alone is killed, and goes on", async () => {
    const app = await (
      await Process.start(["serve"], {
        ...settings,
        INGEST_KEYS: "a-key-for-this-test-only",
      })
    ).ready();
    const before = postmaster();
    process.kill(before, "SIGKILL");
    // It can be back before a poll has seen the app unready.
    await until(
      () => {
        try {
          return ![0, before].includes(postmaster());
        } catch {
          // Between the old file and the new one.
          return false;
        }
      },
      20_000,
      () => app.output.slice(-3_000),
    );
    await until(
      async () => (await app.status("/health/ready")) === 200,
      60_000,
      () => app.output.slice(-3_000),
    );
    const response = await fetch(`${app.url}/api/v1/trades`, {
      method: "POST",
      headers: {
        authorization: "Bearer a-key-for-this-test-only",
        "content-type": "application/json",
      },
      body: JSON.stringify([{ symbol: "AFTER", price: "1.5", id: "1" }]),
    });
    expect(response.status).toBe(202);
    const pid = postmaster();
    expect(pid).not.toBe(before);
    expect(await app.stop()).toMatchObject({ code: 0 });
    expect(processExists(pid)).toBe(false);
  }, 120_000);
});
