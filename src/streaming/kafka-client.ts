import { Logger } from "@nestjs/common";
import kafkajs, {
  type ITopicConfig,
  type Kafka,
  type LogEntry,
  type logLevel as LogLevel,
} from "kafkajs";
import type { Config } from "../config.js";
import type { TopicName } from "./topics.js";

// kafkajs is CommonJS: its enumerations are on the default export only.
const { Kafka: Client, logLevel, Partitioners } = kafkajs;

const DAY = 86_400_000;

/** Settings of topics that do not exist yet; those that do are left as they are. */
const TOPICS: Record<TopicName, Record<string, string>> = {
  trades: { "cleanup.policy": "delete", "retention.ms": String(7 * DAY) },
  "trades.bulk": {
    "cleanup.policy": "delete",
    "retention.ms": String(7 * DAY),
  },
  candles: {
    "cleanup.policy": "compact,delete",
    "retention.ms": String(7 * DAY),
  },
  feeds: { "cleanup.policy": "compact" },
  "trades.dead": {
    "cleanup.policy": "delete",
    "retention.ms": String(30 * DAY),
  },
};

export function connectClient(config: Config): Kafka {
  return new Client({
    clientId: "tapeline",
    brokers: [...config.kafkaBrokers],
    ssl: config.kafkaSsl,
    ...(config.kafkaSasl === undefined
      ? {}
      : { sasl: config.kafkaSasl as never }),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => nestLog,
  });
}

// What kafkajs says of conditions that it retries by itself and that pass within a second.
const NOISE =
  /GroupCoordinator|GroupLoadInProgress|The group is rebalancing|Response (Metadata|InitProducerId|FindCoordinator|JoinGroup|SyncGroup|Heartbeat|OffsetCommit|Fetch)|KafkaJSPartialMessageError|idempotent producer enabled/;
const logger = new Logger("Kafka");

function nestLog({ level, log }: LogEntry): void {
  const { message, error, broker } = log as {
    message: string;
    error?: string;
    broker?: string;
  };
  const text = [message, broker, error].filter(Boolean).join(" ");
  if (NOISE.test(text)) logger.debug(text);
  else if (level === (logLevel.ERROR as LogLevel)) logger.error(text);
  else logger.warn(text);
}

/** Makes the topics that are missing and returns every topic's number of partitions. */
export async function ensureTopics(
  kafka: Kafka,
  config: Config,
): Promise<Map<TopicName, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const names = Object.keys(TOPICS) as TopicName[];
    const existing = new Set(await admin.listTopics());
    const missing: ITopicConfig[] = names
      .filter((name) => !existing.has(config.topicPrefix + name))
      .map((name) => ({
        topic: config.topicPrefix + name,
        numPartitions: config.kafkaPartitions,
        replicationFactor: config.kafkaReplication,
        configEntries: Object.entries(TOPICS[name]).map(([key, value]) => ({
          name: key,
          value,
        })),
      }));
    if (missing.length > 0)
      await admin.createTopics({ topics: missing, waitForLeaders: true });
    const { topics } = await admin.fetchTopicMetadata({
      topics: names.map((name) => config.topicPrefix + name),
    });
    return new Map(
      topics.map(({ name, partitions }) => [
        name.slice(config.topicPrefix.length) as TopicName,
        partitions.length,
      ]),
    );
  } finally {
    await admin.disconnect();
  }
}

/** Kafka's own spread of keys over partitions (murmur2), asked once a key. */
export class PartitionTable {
  private readonly known = new Map<string, number>();
  private readonly spread = Partitioners.DefaultPartitioner();
  private readonly partitions: { partitionId: number; leader: number }[];

  constructor(count: number) {
    this.partitions = Array.from({ length: count }, (_, partitionId) => ({
      partitionId,
      leader: 0,
    }));
  }

  partitionOf(key: string): number {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const partition = this.spread({
      topic: "",
      partitionMetadata: this.partitions as never,
      message: { key, value: null },
    });
    // Dead letters may carry any key: the table must not grow with them.
    if (this.known.size < 100_000) this.known.set(key, partition);
    return partition;
  }
}
