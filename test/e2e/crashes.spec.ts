import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DataSource } from "typeorm";
import {
  dataSourceOptions,
  serverDatabase,
} from "../../src/persistence/database.js";
import { processExists } from "../../src/persistence/owner-lock.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { Broker } from "../support/broker.js";
import { type Golden, goldens } from "../support/golden.js";
import { describeOwnKafka, randomPrefix } from "../support/kafka.js";
import {
  type TestPostgres,
  freePort,
  startPostgres,
} from "../support/postgres.js";
import { contents, createDatabase, random } from "../support/tape.js";

const SEED = Number(process.env["CRASH_SEED"] ?? 20_261_121);
const spot = (): Golden =>
  goldens().find(
    ({ name }) => name === "binance-spot" || name === "made frames",
  ) as Golden;

async function rows(
  url: string,
): Promise<Awaited<ReturnType<typeof contents>>> {
  const database = serverDatabase(url);
  const source = await new DataSource(
    dataSourceOptions(database, 2),
  ).initialize();
  try {
    return await contents(source);
  } finally {
    await source.destroy();
  }
}

async function tradesStored(app: Process): Promise<number> {
  const markets = await app
    .get<{ trades: number }[]>("/api/v1/markets")
    .catch(() => []);
  return markets.reduce((sum, { trades }) => sum + trades, 0);
}

describeOwnKafka(`kill -9 with Kafka and a server (seed ${SEED})`, () => {
  let broker: Broker;
  let postgres: TestPostgres;
  let uninterrupted: Awaited<ReturnType<typeof rows>>;
  beforeAll(async () => {
    broker = await Broker.start();
    postgres = await startPostgres();
    const settings = await environment();
    expect(await run(["replay", ...spot().replay], settings)).toMatchObject({
      code: 0,
    });
    uninterrupted = await rows(settings["DATABASE_URL"] as string);
    expect(uninterrupted.candles.length).toBeGreaterThan(30);
  }, 180_000);
  afterAll(async () => {
    await broker?.stop();
    await postgres?.stop();
  });

  const environment = async (): Promise<Settings> => ({
    DATABASE_URL: await createDatabase(postgres.url),
    KAFKA_BROKERS: broker.brokers,
    TOPIC_PREFIX: randomPrefix(),
    KAFKA_PARTITIONS: "2",
  });

  /** A recording streams from one process while another records; `disturb` is called until the stream has ended. */
  async function recordWhile(
    settings: Settings,
    disturb: (next: () => number) => Promise<void>,
    speed: string,
  ): Promise<void> {
    const replay = await Process.start(
      ["replay", "--speed", speed, ...spot().replay],
      { ...settings, ROLES: "ingestion" },
    );
    const next = random(SEED);
    while (replay.isRunning) await disturb(next);
    expect(await replay.finished()).toMatchObject({ code: 0 });
  }

  async function expectUninterrupted(settings: Settings): Promise<void> {
    const app = await (await Process.start(["serve"], settings)).ready();
    await until(
      async () => (await tradesStored(app)) >= uninterrupted.trades.length,
      90_000,
      () => app.output.slice(-2_000),
    );
    // The last records are clocks: they close what the trades alone leave open.
    await until(
      async () =>
        JSON.stringify(
          (await rows(settings["DATABASE_URL"] as string)).coverage,
        ) === JSON.stringify(uninterrupted.coverage),
      60_000,
    );
    await until(
      async () =>
        (await countAnnouncements(settings["DATABASE_URL"] as string)) === 0,
      30_000,
    );
    expect(await app.stop()).toMatchObject({ code: 0 });
    expect(await rows(settings["DATABASE_URL"] as string)).toEqual(
      uninterrupted,
    );
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  }

  it("gives the rows of the uninterrupted run after ten kills of the recorder", async () => {
    const settings = await environment();
    let kills = 0;
    await recordWhile(
      settings,
      async (next) => {
        const recorder = await Process.start(["serve"], {
          ...settings,
          ROLES: "recorder",
        });
        await sleep(900 + next() * 1_800);
        await recorder.kill();
        kills++;
      },
      "22",
    );
    while (kills++ < 10) {
      const recorder = await Process.start(["serve"], {
        ...settings,
        ROLES: "recorder",
      });
      await sleep(1_500);
      await recorder.kill();
    }
    await expectUninterrupted(settings);
  }, 300_000);

  it("gives the same rows although the broker and the database are killed and come back", async () => {
    const settings = await environment();
    const app = await (await Process.start(["serve"], settings)).ready();
    let round = 0;
    const seen = { unready: false };
    await recordWhile(
      settings,
      async () => {
        round++;
        if (round > 2) {
          await sleep(200);
          return;
        }
        await sleep(1_500);
        await (round === 1 ? postgres.kill() : broker.kill());
        await until(
          async () => (await app.status("/health/ready")) === 503,
          30_000,
          () => "never unready",
        );
        seen.unready = true;
        expect(await app.status("/health/live")).toBe(200);
        await (round === 1 ? postgres.restart() : broker.restart());
        await until(
          async () => (await app.status("/health/ready")) === 200,
          60_000,
          () => app.output.slice(-3_000),
        );
      },
      "20",
    );
    expect(seen.unready).toBe(true);
    await app.stop();
    await expectUninterrupted(settings);
  }, 300_000);
});

async function countAnnouncements(url: string): Promise<number> {
  const database = serverDatabase(url);
  const source = await new DataSource(
    dataSourceOptions(database, 1),
  ).initialize();
  try {
    const [row] = await source.query<[{ left: number }]>(
      "SELECT count(*)::integer AS left FROM announcement",
    );
    return row.left;
  } finally {
    await source.destroy();
  }
}

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
    return [
      "serve",
      "--venue",
      venue,
      ...files.flatMap((file) => ["--replay", file]),
    ];
  };
  const postmaster = (): number =>
    Number(
      readFileSync(
        join(folder, "data", "postgres", "postmaster.pid"),
        "utf8",
      ).split("\n")[0],
    );

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

  it("starts the database again when it alone is killed, and goes on", async () => {
    const app = await (
      await Process.start(["serve"], {
        ...settings,
        INGEST_KEYS: "a-key-for-this-test-only",
      })
    ).ready();
    const before = postmaster();
    process.kill(before, "SIGKILL");
    await until(
      async () => (await app.status("/health/ready")) === 503,
      20_000,
      () => "never unready",
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
