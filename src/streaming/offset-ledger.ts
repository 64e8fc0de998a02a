import type { TopicPartitionOffsetAndMetadata } from "kafkajs";
import type { Origin } from "./transport.js";

/** What has been handled and is not committed yet: the next offset to read, by topic and partition. */
export class OffsetLedger {
  private readonly next = new Map<string, TopicPartitionOffsetAndMetadata>();

  /** Offsets of one partition must come in order. */
  handled(topic: string, { partition, offset }: Origin): void {
    const key = `${topic}/${partition}`;
    const entry = this.next.get(key);
    if (entry === undefined) this.next.set(key, { topic, partition, offset });
    else entry.offset = offset;
  }

  /** What to commit now. A commit that fails is not repeated: a later one covers it, or the records come again. */
  take(): TopicPartitionOffsetAndMetadata[] {
    const offsets = [...this.next.values()].map((entry) => ({
      ...entry,
      offset: (BigInt(entry.offset) + 1n).toString(),
    }));
    this.next.clear();
    return offsets;
  }

  clear(): void {
    this.next.clear();
  }
}
