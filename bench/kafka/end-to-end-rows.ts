import type { Load } from "./end-to-end-tapeline.js";
import { ContestantProcess } from "../harness/contestant-process.js";
import { startConnect } from "../peers/kafka-connect.js";
import { forgetGroup } from "./recorded.js";
import { type Watched, watchRecording } from "./recording-watch.js";
import type { BenchDatabase, Servers } from "../harness/servers.js";

/** Peers that store trades alone, one row each. */
const TABLE = "trade_row";
const EVERY_MS = 200;

export function rowByRow(servers: Servers, load: Load): Promise<Watched> {
  const { brokers, prefix } = load;
  return rows(servers, load, "numeric", ({ url }) => {
    const process = ContestantProcess.script("bench/peers/row-by-row.ts", [
      brokers,
      prefix,
      url,
      TABLE,
    ]);
    return Promise.resolve({
      process,
      group: `${prefix}row-by-row`,
      close: () => process.kill(),
    });
  });
}

export function kafkaConnect(servers: Servers, load: Load): Promise<Watched> {
  const { brokers, prefix } = load;
  // It gives text where JSON has text, and PostgreSQL turns no text column of an array into a
  // number.
  return rows(servers, load, "text", ({ url }) =>
    startConnect(brokers, `${prefix}trades`, url, TABLE),
  );
}

interface Running {
  process: ContestantProcess;
  group: string;
  /** Works in any state. */
  close(): Promise<void>;
}

async function rows(
  servers: Servers,
  { brokers, trades, markets }: Load,
  decimal: "numeric" | "text",
  start: (database: BenchDatabase) => Promise<Running>,
): Promise<Watched> {
  const database = await servers.database(2);
  const { source } = database;
  await source.query(
    `CREATE TABLE ${TABLE} (market text, id ${decimal}, price ${decimal} NOT NULL, amount ${decimal} NOT NULL,
       "takerSide" text NOT NULL, time bigint NOT NULL, PRIMARY KEY (market, id))`,
  );
  const running = await start(database);
  try {
    const watched = await watchRecording(
      running.process,
      trades,
      async () => {
        const [{ stored }] = await source.query<[{ stored: number }]>(
          `SELECT count(*)::integer AS stored FROM ${TABLE}`,
        );
        return stored;
      },
      EVERY_MS,
    );
    await running.process.stop();
    const [{ right }] = await source.query<[{ right: number }]>(
      `SELECT count(*)::integer AS right FROM ${TABLE} WHERE id::bigint BETWEEN 1000000 AND 999999 + $1
         AND price::numeric > 0 AND amount::numeric > 0`,
      [Math.ceil(trades / markets)],
    );
    if (right !== trades) throw new Error(`${right} of ${trades} rows`);
    await forgetGroup(brokers, running.group);
    return watched;
  } finally {
    await running.close();
    await database.close();
  }
}
