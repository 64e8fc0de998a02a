import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataSource } from "typeorm";
import { EmbeddedPostgres } from "../../src/persistence/embedded/embedded-postgres.js";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { freePort } from "../../test/support/postgres.js";
import { ContestantProcess } from "../harness/contestant-process.js";
import type { Servers } from "../harness/servers.js";
import { type Published, checkRecorded, forgetGroup, takePublished } from "./recorded.js";
import { type Watched, watchRecording } from "./recording-watch.js";

/** A topic with a number of trades, for successive runs. */
export interface Load {
  brokers: string;
  prefix: string;
  trades: number;
  markets: number;
}

const START_LIMIT_MS = 60_000;

/** The built product as a recorder on Kafka and a server's database. */
export function tapelineOnKafka(servers: Servers, load: Load): Promise<Watched> {
  return recorded(servers, load, "recorder", (url) =>
    ContestantProcess.command(process.execPath, ["dist/cli.js", "serve"], {
      FEEDS: "",
      PORT: "0",
      LOG_LEVEL: "error",
      ROLES: "recorder",
      KAFKA_BROKERS: load.brokers,
      TOPIC_PREFIX: load.prefix,
      DATABASE_URL: url,
    }),
  );
}

export function bareLoop(servers: Servers, load: Load): Promise<Watched> {
  const { brokers, prefix } = load;
  return recorded(servers, load, "bare", (url) =>
    ContestantProcess.script("bench/peers/bare-loop.ts", [brokers, prefix, url]),
  );
}

/** Two contestants that have to leave the same tables and the same topic. */
async function recorded(
  servers: Servers,
  { brokers, prefix, trades }: Load,
  group: string,
  start: (databaseUrl: string) => ContestantProcess,
): Promise<Watched> {
  const database = await servers.database(2);
  const contestant = start(database.url);
  try {
    const watched = await watchRecording(contestant, trades, () => storedIn(database.source));
    await contestant.stop();
    await checkRecorded(database.source, trades, await takePublished(brokers, prefix));
    await forgetGroup(brokers, prefix + group);
    return watched;
  } finally {
    await contestant.kill();
    await database.close();
  }
}

/** `npm start` without servers: the in-process log and the embedded database. */
export async function tapelineEmbedded({
  trades,
  markets,
}: Pick<Load, "trades" | "markets">): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), "tapeline-bench-"));
  // As root, PostgreSQL runs as another user, who needs access.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const contestant = ContestantProcess.script("bench/kafka/in-process-run.ts", [trades, markets], {
    FEEDS: "",
    PORT: String(await freePort()),
    LOG_LEVEL: "error",
    DATA_DIR: folder,
    EMBEDDED_PORT: String(port),
  });
  try {
    const source = await open(await contestant.line(START_LIMIT_MS));
    const watched = await watchRecording(contestant, trades, () => storedIn(source));
    const published = JSON.parse(await contestant.line(START_LIMIT_MS)) as Published;
    await source.destroy();
    await contestant.stop();
    await checkEmbedded(folder, port, trades, published);
    return watched;
  } finally {
    await contestant.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks the data on disk after the product has stopped. */
async function checkEmbedded(
  folder: string,
  port: number,
  trades: number,
  published: Published,
): Promise<void> {
  const server = new EmbeddedPostgres(folder, port, false);
  const source = await open(await server.start());
  try {
    await checkRecorded(source, trades, published);
  } finally {
    await source.destroy();
    await server.stop();
  }
}

function open(url: string): Promise<DataSource> {
  return new DataSource(dataSourceOptions(serverDatabase(url), 2)).initialize();
}

async function storedIn(source: DataSource): Promise<number> {
  const [row] = await source.query<[{ stored: number }]>(
    "SELECT coalesce(sum(trades), 0)::integer AS stored FROM market",
  );
  return row.stored;
}
