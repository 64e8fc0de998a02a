import { setTimeout as sleep } from "node:timers/promises";
import { DataSource } from "typeorm";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { Broker } from "../support/broker.js";
import { createDatabase } from "../support/databases.js";
import { type Golden, goldens } from "../support/golden.js";
import { describeOwnKafka, randomPrefix } from "../support/kafka.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { random } from "../support/random.js";
import { contents } from "../support/tape.js";

const SEED = Number(process.env["CRASH_SEED"] ?? 20_261_121);
const spot = (): Golden =>
  goldens().find(({ name }) => name === "binance-spot" || name === "made frames") as Golden;

async function rows(url: string): Promise<Awaited<ReturnType<typeof contents>>> {
  const database = serverDatabase(url);
  const source = await new DataSource(dataSourceOptions(database, 2)).initialize();
  try {
    return await contents(source);
  } finally {
    await source.destroy();
  }
}

async function tradesStored(app: Process): Promise<number> {
  const markets = await app.get<{ trades: number }[]>("/api/v1/markets").catch(() => []);
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

  /**
   * Streams a recording for that many seconds from one process while another records; calls
   * `disturb` until the stream has ended.
   */
  async function recordWhile(
    settings: Settings,
    disturb: (next: () => number) => Promise<void>,
    seconds: number,
  ): Promise<void> {
    const times = uninterrupted.trades.map((row) => Number(/"time": (\d+)/.exec(row)?.[1]));
    const lengthMs = (times.at(-1) as number) - (times[0] as number);
    const speed = lengthMs / 1_000 / seconds;
    const replay = await Process.start(["replay", "--speed", String(speed), ...spot().replay], {
      ...settings,
      ROLES: "ingestion",
    });
    const next = random(SEED);
    while (replay.isRunning) await disturb(next);
    const { code, output } = await replay.finished();
    if (code !== 0) throw new Error(`the replay ended with ${code}:\n${output}`);
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
        JSON.stringify((await rows(settings["DATABASE_URL"] as string)).coverage) ===
        JSON.stringify(uninterrupted.coverage),
      60_000,
    );
    await until(
      async () => (await countAnnouncements(settings["DATABASE_URL"] as string)) === 0,
      30_000,
    );
    expect(await app.stop()).toMatchObject({ code: 0 });
    expect(await rows(settings["DATABASE_URL"] as string)).toEqual(uninterrupted);
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
      33,
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
    let kills = 0;
    const seen = { unready: false };
    await recordWhile(
      settings,
      async () => {
        kills++;
        if (kills > 2) {
          await sleep(200);
          return;
        }
        // A process whose database goes away while it starts exits, and its supervisor restarts it:
        // not tested here.
        await until(
          async () => (await tradesStored(app)) > 0,
          60_000,
          () => app.output.slice(-3_000),
        );
        await sleep(1_500);
        await (kills === 1 ? postgres.kill() : broker.kill());
        await until(
          async () => (await app.status("/health/ready")) === 503,
          30_000,
          () => "never unready",
        );
        seen.unready = true;
        expect(await app.status("/health/live")).toBe(200);
        await (kills === 1 ? postgres.restart() : broker.restart());
        await until(
          async () => (await app.status("/health/ready")) === 200,
          60_000,
          () => app.output.slice(-3_000),
        );
      },
      36,
    );
    expect(seen.unready).toBe(true);
    await app.stop();
    await expectUninterrupted(settings);
  }, 300_000);
});

async function countAnnouncements(url: string): Promise<number> {
  const database = serverDatabase(url);
  const source = await new DataSource(dataSourceOptions(database, 1)).initialize();
  try {
    const [row] = await source.query<[{ left: number }]>(
      "SELECT count(*)::integer AS left FROM announcement",
    );
    return row.left;
  } finally {
    await source.destroy();
  }
}
