import kafkajs, { type Admin, type ITopicConfig } from "kafkajs";
import type { Config } from "../../config/config.js";
import { DAY_MS, HOUR_MS } from "../../domain/units.js";
import type { TopicName } from "../topics.js";

const { Partitioners } = kafkajs;

const MAX_KNOWN_KEYS = 100_000;

/**
 * Kafka does not compact the newest segment: without this, a slow topic would not be compacted for
 * a week.
 */
const COMPACTED = { "segment.ms": String(HOUR_MS) };

/**
 * The broker dates records itself: with their producers' clocks, it refuses those of a machine that
 * is more than an hour fast, and keeps those of a slow one for less time.
 */
const DATED_BY_BROKER = { "message.timestamp.type": "LogAppendTime" };

/** Settings of new topics; existing ones are not changed. */
const SETTINGS: Record<TopicName, Record<string, string>> = {
  trades: { "cleanup.policy": "delete", "retention.ms": String(7 * DAY_MS) },
  "trades.bulk": {
    "cleanup.policy": "delete",
    "retention.ms": String(7 * DAY_MS),
  },
  candles: {
    "cleanup.policy": "compact,delete",
    "retention.ms": String(7 * DAY_MS),
    ...COMPACTED,
  },
  feeds: { "cleanup.policy": "compact", ...COMPACTED },
  "trades.dead": {
    "cleanup.policy": "delete",
    "retention.ms": String(30 * DAY_MS),
  },
};

/** Creates the missing topics and returns every topic's number of partitions. */
export async function ensureTopics(admin: Admin, config: Config): Promise<Map<TopicName, number>> {
  const names = Object.keys(SETTINGS) as TopicName[];
  const existing = new Set(await admin.listTopics());
  const missing: ITopicConfig[] = names
    .filter((name) => !existing.has(config.topicPrefix + name))
    .map((name) => ({
      topic: config.topicPrefix + name,
      numPartitions: config.kafkaPartitions,
      replicationFactor: config.kafkaReplication,
      configEntries: Object.entries({ ...DATED_BY_BROKER, ...SETTINGS[name] }).map(
        ([key, value]) => ({
          name: key,
          value,
        }),
      ),
    }));
  if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
  const { topics } = await admin.fetchTopicMetadata({
    topics: names.map((name) => config.topicPrefix + name),
  });
  return new Map(
    topics.map(({ name, partitions }) => [
      name.slice(config.topicPrefix.length) as TopicName,
      partitions.length,
    ]),
  );
}

/** Kafka's partitioning of keys (murmur2), cached by key. */
export class PartitionTable {
  private readonly known = new Map<string, number>();
  private readonly partitioner = Partitioners.DefaultPartitioner();
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
    const partition = this.partitioner({
      topic: "",
      partitionMetadata: this.partitions as never,
      message: { key, value: null },
    });
    // Dead letters may carry any key: the table must not grow with them.
    if (this.known.size < MAX_KNOWN_KEYS) this.known.set(key, partition);
    return partition;
  }
}
