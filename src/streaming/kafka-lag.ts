import { Logger } from "@nestjs/common";
import type { Admin, Kafka } from "kafkajs";

const LIMIT_MS = 8_000;

/** Records between what a group has committed and the end of its topics. */
export class KafkaLag {
  private readonly logger = new Logger("KafkaLag");
  private readonly admin: Admin;
  private connected = false;
  private measuring = false;
  /** Of the last measurement that succeeded; null before. */
  latest: number | null = null;
  /** When that measurement began, epoch ms. */
  latestAt: number | null = null;

  constructor(
    kafka: Kafka,
    private readonly group: string,
    private readonly topics: string[],
    /** A group without a commit begins at the newest record, not at the oldest; and nobody continues where it stopped. */
    private readonly ephemeral: boolean,
  ) {
    this.admin = kafka.admin({ retry: { retries: 1 } });
  }

  /** Null when the broker does not answer in time. */
  async measure(): Promise<number | null> {
    if (this.measuring) return null;
    this.measuring = true;
    const began = Date.now();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<null>(
      (done) => (timer = setTimeout(() => done(null), LIMIT_MS)),
    );
    try {
      const lag = await Promise.race([this.ask(), limit]);
      if (lag !== null) {
        this.latest = lag;
        this.latestAt = began;
      }
      return lag;
    } catch (error) {
      this.logger.debug((error as Error).message);
      return null;
    } finally {
      clearTimeout(timer);
      this.measuring = false;
    }
  }

  async close(): Promise<void> {
    try {
      if (this.ephemeral) {
        await this.connect();
        await this.admin.deleteGroups([this.group]);
      }
    } catch (error) {
      this.logger.debug(
        `Group ${this.group} is left to expire: ${(error as Error).message}`,
      );
    } finally {
      await this.admin
        .disconnect()
        .catch((error: Error) => this.logger.debug(error.message));
    }
  }

  private async connect(): Promise<void> {
    if (this.connected) return;
    await this.admin.connect();
    this.connected = true;
  }

  private async ask(): Promise<number> {
    await this.connect();
    const committed = await this.admin.fetchOffsets({
      groupId: this.group,
      topics: this.topics,
    });
    let lag = 0n;
    for (const { topic, partitions } of committed) {
      const ends = new Map(
        (await this.admin.fetchTopicOffsets(topic)).map((end) => [
          end.partition,
          end,
        ]),
      );
      for (const { partition, offset } of partitions) {
        const end = ends.get(partition);
        if (end === undefined) continue;
        const from = BigInt(
          offset === "-1" ? (this.ephemeral ? end.high : end.low) : offset,
        );
        const behind =
          BigInt(end.high) - (from < BigInt(end.low) ? BigInt(end.low) : from);
        if (behind > 0n) lag += behind;
      }
    }
    return Number(lag);
  }
}
