import type { Trade } from "../src/domain/trade.js";
import {
  type Benchmark,
  type Contestant,
  type Outcome,
  type Row,
  type Scale,
  percentOf,
  takeTurns,
} from "./harness/benchmark.js";
import { chunks, generate } from "./harness/generate.js";
import { openBareInsert } from "./peers/bare-insert.js";
import { openCopy } from "./peers/copy.js";
import { openSave, openUpsert } from "./peers/typeorm-trades.js";
import { LARGEST_BATCH, recorderOn, requireExact } from "./writes/recording.js";
import type { BenchDatabase, Servers } from "./harness/servers.js";
import { type WritingCost, timeWrites } from "./writes/timed-writes.js";
import { type TradesAlone, storeAlone } from "./writes/trades-alone.js";

const TRADES = 1_000_000;
const [FEW, MANY] = [20, 500];
const RATE = "rate";

const NEW = `Tapeline, ${FEW} markets, 0 % duplicates`;
const TENTH = `Tapeline, ${FEW} markets, 10 % duplicates`;
const AGAIN = `Tapeline, ${FEW} markets, 100 % duplicates`;
const NEW_MANY = `Tapeline, ${MANY} markets, 0 % duplicates`;
const BARE = `bare insert, ${FEW} markets`;
const BARE_MANY = `bare insert, ${MANY} markets`;
const COPY = `COPY, ${FEW} markets`;
const UPSERT = `TypeORM upsert, ${FEW} markets`;
const SAVE = `TypeORM save, ${FEW} markets`;

export const write: Benchmark = {
  name: "write",
  title: "Write",
  workload: `1 M trades → trades, 15 intervals of candles and coverage, in batches of ${LARGEST_BATCH.toLocaleString("en-US")} as when catching up. The peers store only the trades, in the batch sizes that are fastest for them. One connection each.`,
  chart: RATE,
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const contestants = [
    ...ours(servers, scale.smoke),
    // The fastest of batches from 50 to 50,000 trades: TypeORM's cost of a row grows with its
    // neighbours.
    alone(servers, scale.smoke, BARE, openBareInsert, { batch: 2_000 }),
    alone(servers, scale.smoke, BARE_MANY, openBareInsert, {
      batch: 2_000,
      markets: MANY,
    }),
    alone(servers, scale.smoke, COPY, openCopy, { batch: 20_000 }),
    alone(servers, scale.smoke, UPSERT, openUpsert, { batch: 1_000, part: 4 }),
    alone(servers, scale.smoke, SAVE, openSave, { batch: 100, part: 20 }),
  ];
  return outcomeOf(await takeTurns(contestants, scale));
}

function ours(servers: Servers, smoke: boolean): Contestant[] {
  /** Database of the round's first run, for the run that repeats its trades. */
  let stored: BenchDatabase | undefined;
  return [
    contestant(NEW, "tapeline", smoke, 1, async (trades) => {
      stored = await servers.database();
      return record(stored, batchesOf(trades, FEW), trades);
    }),
    contestant(AGAIN, "tapeline", smoke, 1, async (trades) => {
      if (stored === undefined) throw new Error("nothing is stored");
      return record(stored, batchesOf(trades, FEW), trades).finally(() => stored?.close());
    }),
    contestant(TENTH, "tapeline", smoke, 1, async (trades) => {
      const database = await servers.database();
      return record(database, withRepeats(trades), trades * 0.9).finally(() => database.close());
    }),
    contestant(NEW_MANY, "tapeline", smoke, 1, async (trades) => {
      const database = await servers.database();
      return record(database, batchesOf(trades, MANY), trades).finally(() => database.close());
    }),
  ];
}

function alone(
  servers: Servers,
  smoke: boolean,
  name: string,
  open: (url: string) => Promise<TradesAlone>,
  { batch, markets = FEW, part = 1 }: { batch: number; markets?: number; part?: number },
): Contestant {
  const kind = name === UPSERT || name === SAVE ? "peer" : "bare";
  return contestant(name, kind, smoke, part, async (trades) => {
    const database = await servers.database();
    return storeAlone(database, open, { trades, markets, batch }).finally(() => database.close());
  });
}

/** `run` gets a part of all trades, and a fifth of that in the warm-up round. */
function contestant(
  name: string,
  kind: Row["kind"],
  smoke: boolean,
  part: number,
  run: (trades: number) => Promise<WritingCost>,
): Contestant {
  const all = (smoke ? 40_000 : TRADES) / part;
  let isWarm = smoke;
  return {
    name,
    kind,
    run: async () => {
      const cost = await run(isWarm ? all : all / 5);
      isWarm = true;
      return {
        [RATE]: { unit: "trades/s", value: cost.trades / cost.seconds },
        "Node CPU": { unit: "µs a trade", value: cost.nodeCpu },
        "PostgreSQL CPU": { unit: "µs a trade", value: cost.databaseCpu },
      };
    },
  };
}

/**
 * Through the product's own recorder; throws unless exactly `distinct` trades are stored
 * afterwards, with their candles.
 */
async function record(
  { source }: BenchDatabase,
  batches: Iterable<Trade[]>,
  distinct: number,
): Promise<WritingCost> {
  const recorder = recorderOn(source);
  const { signal } = new AbortController();
  const cost = await timeWrites(source, batches, async (batch) => {
    const { refusals } = await recorder.record(batch, signal);
    if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals[0])}`);
  });
  await requireExact(source, distinct);
  return cost;
}

function batchesOf(trades: number, markets: number): Generator<Trade[]> {
  return chunks(generate(trades, markets), LARGEST_BATCH);
}

/**
 * So many in all: a tenth of each batch is the end of the batch before (of the first: its own), as
 * after a reconnect.
 */
function* withRepeats(trades: number): Generator<Trade[]> {
  const repeated = LARGEST_BATCH / 10;
  let last: Trade[] | undefined;
  for (const batch of chunks(generate(trades * 0.9, FEW), LARGEST_BATCH - repeated)) {
    yield [...(last ?? batch).slice(-repeated), ...batch];
    last = batch;
  }
}

function outcomeOf(rows: Row[]): Outcome {
  return {
    rows,
    bars: [
      {
        what: `${FEW} markets, of the bare insert`,
        value: percentOf(rows, NEW, BARE, RATE),
        unit: "%",
        is: "at least",
        limit: 45,
      },
      {
        what: `${MANY} markets, of the bare insert`,
        value: percentOf(rows, NEW_MANY, BARE_MANY, RATE),
        unit: "%",
        is: "at least",
        limit: 30,
      },
      {
        what: "trades, candles and coverage, beside TypeORM's upsert of the trades alone",
        value: percentOf(rows, NEW, UPSERT, RATE) / 100,
        unit: "×",
        is: "at least",
        limit: 2,
      },
    ],
    notes: [
      "After every run of Tapeline each candle was recomputed from the stored trades, and every id was accounted for; the rows of the peers were counted.",
      "Making the trades is not counted. PostgreSQL CPU is that of the connection's own process.",
      "TypeORM got a quarter of the load (upsert) and a twentieth (save).",
    ],
  };
}
