import {
  type Bar,
  type Benchmark,
  type Contestant,
  type Row,
  medianOf,
  percentOf,
  takeTurns,
} from "./harness/benchmark.js";
import { kafkaConnect, rowByRow } from "./kafka/end-to-end-rows.js";
import {
  type Load,
  bareLoop,
  tapelineEmbedded,
  tapelineOnKafka,
} from "./kafka/end-to-end-tapeline.js";
import { canRunConnect } from "./peers/kafka-connect.js";
import { preload, randomName } from "./kafka/preload.js";
import type { Watched } from "./kafka/recording-watch.js";

const MARKETS = 20;
const TRADES = 2_000_000;
/** For slow contestants, and for the warm-up round. */
const FEWER = TRADES / 20;
/** For a peer without candles, to save time. */
const SOME = TRADES / 8;

const KAFKA = "Tapeline, Kafka";
const BARE = "bare loop";
const EMBEDDED = "Tapeline, embedded";
const ROW_BY_ROW = "row by row";
const CONNECT = "Kafka Connect, Debezium JDBC sink";

export const endToEnd: Benchmark = {
  name: "end-to-end",
  title: "End to end",
  workload: `${TRADES.toLocaleString("en-US")} trades of ${MARKETS} markets in a Kafka topic of two partitions → trades, candles of 15 intervals and touched candles published; broker, database and consumer on the same cores. Row by row stores ${FEWER.toLocaleString("en-US")} trades, Kafka Connect ${SOME.toLocaleString("en-US")}, and both no candles.`,
  chart: "rate",
  async run(servers, scale) {
    const { brokers } = await servers.broker();
    const part = scale.smoke ? 100 : 1;
    const fill = async (trades: number): Promise<Load> => {
      const prefix = `${randomName("end-to-end")}.`;
      scale.say(`filling a topic with ${trades} trades`);
      await preload(brokers, prefix, trades, MARKETS);
      return { brokers, prefix, trades, markets: MARKETS };
    };
    const few = await fill(FEWER / part);
    const all = scale.smoke ? few : await fill(TRADES);
    /** The warm-up round needs fewer trades. */
    const contestant = (
      name: string,
      kind: Contestant["kind"],
      run: (load: Load) => Promise<Watched>,
      load: Load,
    ): Contestant => {
      const isRunOnce = kind === "peer";
      let warm = scale.smoke || isRunOnce;
      return {
        name,
        kind,
        isRunOnce,
        run: async () => {
          const watched = await run(warm ? load : few);
          warm = true;
          return figuresOf(watched);
        },
      };
    };
    const contestants = [
      contestant(KAFKA, "tapeline", (it) => tapelineOnKafka(servers, it), all),
      contestant(BARE, "bare", (it) => bareLoop(servers, it), all),
      contestant(EMBEDDED, "tapeline", tapelineEmbedded, all),
      contestant(ROW_BY_ROW, "peer", (it) => rowByRow(servers, it), few),
    ];
    // Its start alone takes longer than the rest of a smoke run.
    if (!scale.smoke && canRunConnect())
      contestants.push(
        contestant(CONNECT, "peer", (it) => kafkaConnect(servers, it), await fill(SOME)),
      );
    const rows = await takeTurns(contestants, scale);
    return {
      rows,
      bars: scale.smoke ? [] : barsOf(rows),
      notes: [
        "Peers run once. From the first stored batch to the last. After every run each candle was recomputed from the stored trades, every trade was there once, and the newest version of every closed candle had been published.",
        `"${EMBEDDED}" is npm start without servers: all roles, its own PostgreSQL, fed by the same process as a replay feeds it.`,
      ],
    };
  },
};

function figuresOf(watched: Watched): Awaited<ReturnType<Contestant["run"]>> {
  const { growthPercent } = watched;
  return {
    rate: { unit: "trades/s", value: watched.rate },
    CPU: { unit: "µs/trade", value: watched.cpuMicroseconds },
    memory: { unit: "MB", value: watched.megabytes },
    ...(growthPercent === undefined
      ? {}
      : { "memory growth": { unit: "%", value: growthPercent } }),
  };
}

function barsOf(rows: readonly Row[]): Bar[] {
  const rate = (of: string): number => percentOf(rows, KAFKA, of, "rate");
  const flat = (name: string): Bar => ({
    what: `${name}: highest memory of the last quarter over the first`,
    value: medianOf(rows, name, "memory growth"),
    unit: "%",
    is: "at most",
    limit: 20,
  });
  return [
    {
      what: `${KAFKA} of the bare loop`,
      value: rate(BARE),
      unit: "%",
      is: "at least",
      limit: 85,
    },
    {
      what: `${KAFKA} times row by row`,
      value: rate(ROW_BY_ROW) / 100,
      unit: "×",
      is: "at least",
      limit: 20,
    },
    {
      what: `${EMBEDDED} of ${KAFKA}`,
      value: percentOf(rows, EMBEDDED, KAFKA, "rate"),
      unit: "%",
      is: "at least",
      limit: 100,
    },
    flat(KAFKA),
    flat(EMBEDDED),
  ];
}
