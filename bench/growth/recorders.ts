import { setTimeout as sleep } from "node:timers/promises";
import type { DataSource } from "typeorm";
import { Process } from "../../test/support/app.js";
import type { Figure, Outcome, Row, Scale } from "../harness/benchmark.js";
import { generate } from "../harness/generate.js";
import { requireExact, storedTrades } from "../writes/recording.js";
import type { BenchDatabase, Servers } from "../harness/servers.js";
import { TradesTopic } from "../kafka/trades-topic.js";
import { Progress } from "./progress.js";

const MARKETS = 60;
const TRADES = 3_000_000;
const MAX_RECORDERS = 3;
const LIMIT_MS = 300_000;

/** One group of one to three processes over the same preloaded topic. */
export async function growRecorders(servers: Servers, scale: Scale): Promise<Outcome> {
  const say = (text: string): void => scale.say(text);
  const trades = scale.smoke ? 60_000 : TRADES;
  const filling = new Progress(trades, (text) => say(`topic: ${text}`));
  const topic = await TradesTopic.fill(
    (await servers.broker()).brokers,
    generate(trades, MARKETS),
    (sent) => filling.said(sent),
  );
  const rows: Row[] = [];
  try {
    for (let count = 1; count <= MAX_RECORDERS; count++) {
      const contestant = count === 1 ? "1 recorder" : `${count} recorders`;
      say(contestant);
      const database = await servers.database();
      try {
        const figures = await together(topic, database, { count, trades, say });
        rows.push({ contestant, kind: "tapeline", figures });
      } finally {
        await database.close();
      }
    }
  } finally {
    await topic.close();
  }
  return {
    rows,
    bars: [],
    notes: [
      `1 to 3 recorders: ${MARKETS} markets on 12 partitions, two connections each, measured from when all have joined. Broker, database and recorders share this machine's cores; after each run every candle was recomputed.`,
    ],
  };
}

async function together(
  topic: TradesTopic,
  { url, source }: BenchDatabase,
  { count, trades, say }: { count: number; trades: number; say: (text: string) => void },
): Promise<Record<string, Figure>> {
  const recorders: Process[] = [];
  try {
    for (let index = 0; index < count; index++)
      recorders.push(
        await Process.start(["serve"], {
          ...topic.settings,
          DATABASE_URL: url,
          ROLES: "recorder",
        }),
      );
    for (const recorder of recorders) await recorder.ready();
    const before = await storedTrades(source);
    const began = performance.now();
    await allStored(source, recorders, trades, say);
    const seconds = (performance.now() - began) / 1_000;
    await requireExact(source, trades);
    return {
      rate: { unit: "trades/s", samples: [(trades - before) / seconds] },
    };
  } finally {
    for (const recorder of recorders) await recorder.stop();
    await topic.forgetReaders();
  }
}

async function allStored(
  source: DataSource,
  recorders: readonly Process[],
  trades: number,
  say: (text: string) => void,
): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  const progress = new Progress(trades, (text) => say(`${recorders.length} recording: ${text}`));
  for (;;) {
    const stored = await storedTrades(source);
    progress.said(stored);
    if (stored >= trades) return;
    const ended = recorders.find(({ isRunning }) => !isRunning);
    if (ended !== undefined || performance.now() > limit)
      throw new Error(`${stored} of ${trades} are stored: ${ended?.output}`);
    await sleep(25);
  }
}
