import { Logger } from "@nestjs/common";
import type { Admin, Kafka } from "kafkajs";
import { within } from "../../waiting/limit.js";

const ANSWER_LIMIT_MS = 8_000;
const MAX_DELETE_ATTEMPTS = 5;

/** Offsets by Kafka's name of the topic, then by partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

export interface GroupOffsets {
  /** The offset after the newest record. */
  ends: Offsets;
  /** Where the group continues: its commit, or the start of a group without one. */
  from: Offsets;
}

/** Fetches a group's committed offsets and the end offsets of its topics from the broker. */
export class KafkaLag {
  private readonly logger = new Logger("KafkaLag");
  private readonly admin: Admin;
  private connecting: Promise<void> | undefined;
  private measuring = false;
  /**
   * Records between what the group has committed and the end of its topics, when last measured;
   * null before.
   */
  latest: number | null = null;
  /** Start of that measurement, epoch ms. */
  latestAt: number | null = null;
  /** Where the topics ended when an ephemeral group began. */
  private starts: Offsets | undefined;

  constructor(
    kafka: Kafka,
    private readonly group: string,
    private readonly topics: readonly string[],
    /**
     * Without a commit, the group starts at the newest record instead of the oldest; it is deleted
     * at the end.
     */
    private readonly ephemeral: boolean,
  ) {
    this.admin = kafka.admin();
  }

  /** Where the topics end now: there an ephemeral group begins. */
  async start(): Promise<Offsets> {
    return (this.starts = (await this.offsets()).ends);
  }

  /** Measures `latest`. Null when the broker does not answer in time. */
  async measure(): Promise<GroupOffsets | null> {
    if (this.measuring) return null;
    this.measuring = true;
    const began = Date.now();
    const answers: GroupOffsets[] = [];
    const fetched = this.fetch().then(
      (offsets) => {
        answers.push(offsets);
        this.latest = lagOf(offsets);
        this.latestAt = began;
      },
      (error: Error) => this.log(error),
    );
    try {
      await within(ANSWER_LIMIT_MS, fetched);
      return answers[0] ?? null;
    } finally {
      this.measuring = false;
    }
  }

  async close(): Promise<void> {
    await within(ANSWER_LIMIT_MS, this.ephemeral ? this.deleteGroup() : nothing());
    await within(
      1_000,
      this.admin.disconnect().catch((error: Error) => this.log(error)),
    );
  }

  /** The broker may need a moment to see that the last member has left. */
  private async deleteGroup(): Promise<void> {
    for (let attempts = MAX_DELETE_ATTEMPTS; attempts > 0; attempts--) {
      try {
        await this.connect();
        await this.admin.deleteGroups([this.group]);
        return;
      } catch (error) {
        this.log(error as Error);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  private log({ message }: Error): void {
    this.logger.debug(`Group ${this.group}: ${message}`);
  }

  private connect(): Promise<void> {
    this.connecting ??= this.admin.connect().catch((error: unknown) => {
      this.connecting = undefined;
      throw error;
    });
    return this.connecting;
  }

  private async offsets(): Promise<{ ends: Offsets; lows: Offsets }> {
    await this.connect();
    const ends = new Map<string, Map<number, number>>();
    const lows = new Map<string, Map<number, number>>();
    for (const topic of this.topics) {
      const offsets = await this.admin.fetchTopicOffsets(topic);
      const column = (side: "high" | "low"): Map<number, number> =>
        new Map(offsets.map((offset) => [offset.partition, Number(offset[side])]));
      ends.set(topic, column("high"));
      lows.set(topic, column("low"));
    }
    return { ends, lows };
  }

  private async fetch(): Promise<GroupOffsets> {
    // Commits first: a record that is written and handled in between must not count as unread.
    await this.connect();
    const committed = await this.admin.fetchOffsets({
      groupId: this.group,
      topics: [...this.topics],
    });
    const { ends, lows } = await this.offsets();
    const from = new Map(
      committed.map(({ topic, partitions }) => {
        const first = (this.ephemeral ? (this.starts ?? ends) : lows).get(topic);
        const low = lows.get(topic);
        return [
          topic,
          new Map(
            partitions.map(({ partition, offset }) => [
              partition,
              offset === "-1"
                ? (first?.get(partition) ?? 0)
                : Math.max(Number(offset), low?.get(partition) ?? 0),
            ]),
          ),
        ];
      }),
    );
    return { ends, from };
  }
}

function lagOf({ ends, from }: GroupOffsets): number {
  let lag = 0;
  for (const [topic, partitions] of from)
    for (const [partition, offset] of partitions)
      lag += Math.max(0, (ends.get(topic)?.get(partition) ?? 0) - offset);
  return lag;
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
