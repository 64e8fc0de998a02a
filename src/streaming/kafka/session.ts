import { Logger } from "@nestjs/common";
import type { Consumer as Client, EachBatchPayload, Kafka, TopicPartitionOffset } from "kafkajs";
import { within } from "../../waiting/limit.js";
import { sameMemberForEveryTopic } from "./assigner.js";

const CLOSE_LIMIT_MS = 5_000;

/** Why a session has ended. */
export interface Ending {
  cause: "crash" | "stalled" | "closed";
  detail: string;
}

export interface SessionEvents {
  /** The newly assigned partitions by Kafka's name of the topic, and our member id. */
  joined(assignment: Record<string, number[]>, memberId: string): void;
  arrived(batch: EachBatchPayload["batch"]): void;
  /** Everything before `offset` has been read. */
  readTo(topic: string, partition: number, offset: number): void;
}

interface Options {
  group: string;
  topics: string[];
  fromBeginning: boolean;
  sessionMs: number;
}

/**
 * One kafkajs consumer from connecting to its end. It is never restarted: the next session has a
 * new client.
 */
export class KafkaSession {
  private readonly logger = new Logger("KafkaSession");
  private readonly client: Client;
  private finish: (ending: Ending) => void = () => undefined;
  readonly ended: Promise<Ending>;
  private connecting: Promise<void> | undefined;
  private over = false;
  /** Time of the last fetch, heartbeat or join, by `performance.now()`. */
  lastSign = performance.now();

  constructor(
    kafka: Kafka,
    private readonly options: Options,
    private readonly events: SessionEvents,
  ) {
    this.ended = new Promise((finish) => (this.finish = finish));
    this.client = kafka.consumer({
      groupId: options.group,
      partitionAssigners: [sameMemberForEveryTopic],
      sessionTimeout: options.sessionMs,
      rebalanceTimeout: 15_000,
      heartbeatInterval: Math.floor(options.sessionMs / 4),
      // A record is fetched at once; without one the broker answers after `maxWaitTimeInMs`.
      minBytes: 1,
      maxWaitTimeInMs: 100,
      // Enough for a largest batch of trades from one partition, and for two from all.
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 8 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        retries: 3,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    const { client } = this;
    client.on(client.events.GROUP_JOIN, ({ payload }) => {
      this.lastSign = performance.now();
      events.joined(payload.memberAssignment, payload.memberId);
    });
    client.on(client.events.HEARTBEAT, () => (this.lastSign = performance.now()));
    client.on(client.events.FETCH, () => {
      this.lastSign = performance.now();
      if (this.over) void this.leave();
    });
    client.on(client.events.END_BATCH_PROCESS, ({ payload }) =>
      events.readTo(payload.topic, payload.partition, Number(payload.lastOffset) + 1),
    );
    client.on(client.events.CRASH, ({ payload }) =>
      this.end({ cause: "crash", detail: payload.error.message }),
    );
  }

  /** Resolves when the session has ended; rejects when it could not begin. */
  async run(): Promise<Ending> {
    const { topics, fromBeginning } = this.options;
    const begin = async (): Promise<Ending> => {
      await (this.connecting = this.client.connect());
      await this.client.subscribe({ topics, fromBeginning });
      // Resolves when the group is joined, which may take as long as other members need to leave.
      await this.client.run({
        autoCommit: false,
        eachBatch: ({ batch }) => Promise.resolve(this.events.arrived(batch)),
      });
      return this.ended;
    };
    try {
      return await Promise.race([begin(), this.ended]);
    } finally {
      this.end({ cause: "closed", detail: "could not begin" });
      // A client that hangs may hang in disconnecting, too.
      await within(CLOSE_LIMIT_MS, this.leave());
    }
  }

  end(ending: Ending): void {
    this.finish(ending);
  }

  /**
   * kafkajs does not stop a consumer that is just joining: it joins nevertheless, and would keep
   * its partitions from all other members. It is stopped again at its first fetch.
   */
  private async leave(): Promise<void> {
    this.over = true;
    try {
      await this.connecting;
      await this.client.disconnect();
    } catch (error) {
      this.logger.debug((error as Error).message);
    }
  }

  commit(offsets: TopicPartitionOffset[]): Promise<void> {
    return this.client.commitOffsets(offsets);
  }

  /** Call it only from `joined`: before, there is no assignment to seek in. */
  seek(topic: string, partition: number, offset: number): void {
    this.client.seek({ topic, partition, offset: String(offset) });
  }

  pause(topic: string): void {
    this.client.pause([{ topic }]);
  }

  resume(topic: string): void {
    this.client.resume([{ topic }]);
  }
}
