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

type Rows = Awaited<ReturnType<typeof contents>>;

async function withDatabase<T>(url: string, use: (source: DataSource) => Promise<T>): Promise<T> {
  const source = await new DataSource(dataSourceOptions(serverDatabase(url), 2)).initialize();
  try {
    return await use(source);
  } finally {
    await source.destroy();
  }
}
const rows = (url: string): Promise<Rows> => withDatabase(url, contents);

export async function tradesStored(app: Process): Promise<number> {
  const markets = await app.get<{ trades: number }[]>("/api/v1/markets").catch(() => []);
  return markets.reduce((sum, { trades }) => sum + trades, 0);
}

/** A broker and a server that may be killed, and what a recording gives when nothing is. */
export interface CrashScene {
  broker: Broker;
  postgres: TestPostgres;
  uninterrupted: Rows;
}

/** Describes what kills must not change. `scene` may be read from the tests on. */
export function describeKills(name: string, tests: (scene: () => CrashScene) => void): void {
  describeOwnKafka(`kill -9 with Kafka and a server, ${name} (seed ${SEED})`, () => {
    let broker: Broker | undefined;
    let postgres: TestPostgres | undefined;
    let scene: CrashScene;
    beforeAll(async () => {
      broker = await Broker.start();
      postgres = await startPostgres();
      const settings = await environment({ broker, postgres });
      expect(await run(["replay", ...spot().replay], settings)).toMatchObject({
        code: 0,
      });
      const uninterrupted = await rows(settings["DATABASE_URL"] as string);
      expect(uninterrupted.candles.length).toBeGreaterThan(30);
      scene = { broker, postgres, uninterrupted };
    }, 180_000);
    afterAll(async () => {
      await broker?.stop();
      await postgres?.stop();
    });
    tests(() => scene);
  });
}

export async function environment({
  broker,
  postgres,
}: Pick<CrashScene, "broker" | "postgres">): Promise<Settings> {
  return {
    DATABASE_URL: await createDatabase(postgres.url),
    KAFKA_BROKERS: broker.brokers,
    TOPIC_PREFIX: randomPrefix(),
    KAFKA_PARTITIONS: "2",
  };
}

/**
 * Streams a recording for that many seconds from one process while another records; calls
 * `disturb` until the stream has ended.
 */
export async function recordWhile(
  { uninterrupted }: CrashScene,
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

/** Starts a process on what the kills have left, and expects the rows of the uninterrupted run. */
export async function expectUninterrupted(
  { uninterrupted }: CrashScene,
  settings: Settings,
): Promise<void> {
  const url = settings["DATABASE_URL"] as string;
  const app = await (await Process.start(["serve"], settings)).ready();
  await until(
    async () => (await tradesStored(app)) >= uninterrupted.trades.length,
    90_000,
    () => app.output.slice(-2_000),
  );
  // The last records are clocks: they close what the trades alone leave open.
  await until(
    async () =>
      JSON.stringify((await rows(url)).coverage) === JSON.stringify(uninterrupted.coverage),
    60_000,
  );
  await until(async () => (await countAnnouncements(url)) === 0, 30_000);
  expect(await app.stop()).toMatchObject({ code: 0 });
  expect(await rows(url)).toEqual(uninterrupted);
  expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
}

function countAnnouncements(url: string): Promise<number> {
  return withDatabase(url, async (source) => {
    const [row] = await source.query<[{ left: number }]>(
      "SELECT count(*)::integer AS left FROM announcement",
    );
    return row.left;
  });
}
