import kafkajs from "kafkajs";
import { type Benchmark, type Contestant, percentOf, takeTurns } from "./harness/benchmark.js";
import { ContestantProcess } from "./harness/contestant-process.js";
import { preload, randomName } from "./kafka/preload.js";
import type { Consumed } from "./kafka/tally.js";

const MARKETS = 20;
const TRADES = 1_000_000;
/** Enough for some seconds of a peer that is ten times slower. */
const FEWER = 200_000;
const LIMIT_MS = 180_000;

/** A topic's content and its broker. */
interface Load {
  brokers: string;
  prefix: string;
  trades: number;
}

export const consume: Benchmark = {
  name: "consume",
  title: "Consume",
  workload: `${TRADES.toLocaleString("en-US")} trades of ${MARKETS} markets in a Kafka topic of two partitions → a handler that counts them. Nest's own server reads ${FEWER.toLocaleString("en-US")}.`,
  chart: "rate",
  async run(servers, scale) {
    const { brokers } = await servers.broker();
    const part = scale.smoke ? 100 : 1;
    const fill = async (trades: number): Promise<Load> => {
      const prefix = `${randomName("consume")}.`;
      scale.say(`filling a topic with ${trades} trades`);
      await preload(brokers, prefix, trades, MARKETS);
      return { brokers, prefix, trades };
    };
    const whole = await fill(TRADES / part);
    const few = await fill(FEWER / part);
    const rows = await takeTurns(
      [
        contestant("Tapeline", "tapeline", "bench/kafka/consume-run.ts", whole),
        contestant(BARE, "bare", "bench/peers/bare-consume.ts", whole),
        contestant(STOCK, "peer", "bench/peers/nest-server-kafka.ts", few),
      ],
      scale,
    );
    return {
      rows,
      bars: [
        {
          what: "of a bare eachBatch",
          value: percentOf(rows, "Tapeline", BARE, "rate"),
          unit: "%",
          is: "at least",
          limit: 85,
        },
        {
          what: "times Nest's own server",
          value: percentOf(rows, "Tapeline", STOCK, "rate") / 100,
          unit: "×",
          is: "at least",
          limit: 5,
        },
      ],
      notes: [
        "Measured from the end of the first tenth to the last. Every trade came exactly once, and the group's committed offsets are the ends of its partitions.",
      ],
    };
  },
};

const BARE = "kafkajs eachBatch";
const STOCK = "Nest ServerKafka";

function contestant(
  name: string,
  kind: Contestant["kind"],
  file: string,
  { brokers, prefix, trades }: Load,
): Contestant {
  return {
    name,
    kind,
    run: async () => {
      const group = randomName("group");
      const child = ContestantProcess.script(file, [brokers, prefix, group, trades, MARKETS]);
      const consumed = JSON.parse(await child.line(LIMIT_MS)) as Consumed;
      await child.stop();
      const { seen, distinct, counted, seconds, cpuSeconds } = consumed;
      if (seen !== trades || distinct !== trades)
        throw new Error(`${name}: ${seen} came, ${distinct} of ${trades} different`);
      const committed = await committedOf(brokers, prefix, group);
      if (committed !== trades) throw new Error(`${name}: ${committed} of ${trades} committed`);
      return {
        rate: { unit: "trades/s", value: counted / seconds },
        CPU: { unit: "µs/trade", value: (cpuSeconds * 1e6) / counted },
        memory: { unit: "MB", value: consumed.megabytes },
      };
    },
  };
}

/** Offsets summed over the partitions. Nest's server adds a suffix to the name of its group. */
async function committedOf(brokers: string, prefix: string, group: string): Promise<number> {
  const kafka = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const groupId = groups.find((it) => it.groupId.startsWith(group))?.groupId ?? group;
    const topics = [`${prefix}trades`];
    const found = await admin.fetchOffsets({ groupId, topics });
    return found
      .flatMap(({ partitions }) => partitions)
      .reduce((sum, { offset }) => sum + Number(offset), 0);
  } finally {
    await admin.disconnect();
  }
}
