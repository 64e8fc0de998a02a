import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import type { Config } from "../../config/config.js";
import { StreamingFigures } from "../streaming-figures.js";
import { Backoff } from "../../waiting/backoff.js";
import { within } from "../../waiting/limit.js";
import { pause } from "../../waiting/pause.js";
import type { TopicName } from "../topics.js";
import { type Consumer, type ConsumerStatus, type Subscription, labelOf } from "../transport.js";
import { TroubleLog } from "../trouble-log.js";
import { connectClient } from "./client.js";
import { KafkaIntake } from "./intake.js";
import { KafkaLag } from "./lag.js";
import { type Ending, KafkaSession } from "./session.js";
import type { PartitionTable } from "./topic-settings.js";

const FIRST_RESTART_MS = 500;
const MAX_RESTART_MS = 5_000;
const END_LIMIT_MS = 7_000;
/**
 * How long `start` waits for the end offsets of an ephemeral group; then they are fetched in the
 * background.
 */
const START_LIMIT_MS = 10_000;

/** In ms. Tests use shorter times. */
export interface ConsumerTiming {
  /**
   * A member without a heartbeat for this long loses its partitions. By default, brokers allow 6 s
   * and more.
   */
  session: number;
  /** Interval of polling lag and liveness. */
  watch: number;
  /**
   * Neither a fetch nor a heartbeat for this long: the client has stopped without an error
   * (kafkajs#1431, #1720).
   */
  silent: number;
  /**
   * The broker has records for us, and none is read or handled for this long: the client fetches
   * the wrong ones.
   */
  stalled: number;
}

export const CONSUMER_TIMING: ConsumerTiming = {
  session: 6_000,
  watch: 5_000,
  // Longer than the longest rebalance, which has neither fetches nor heartbeats.
  silent: 25_000,
  stalled: 60_000,
};

/** A member of a consumer group: runs one session after the other until it is closed. */
export class KafkaConsumer implements Consumer {
  private readonly logger: Logger;
  private readonly trouble: TroubleLog;
  private readonly topics: string[];
  private readonly intake: KafkaIntake;
  private readonly lag: KafkaLag;
  private session: KafkaSession | undefined;
  private memberId: string | undefined;
  private knowsStart: boolean;
  private watch: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private closed: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly config: Config,
    private readonly subscription: Subscription,
    private readonly tables: ReadonlyMap<TopicName, PartitionTable>,
    private readonly figures: StreamingFigures,
    private readonly timing: ConsumerTiming,
  ) {
    const { group, ephemeral, handlers } = subscription;
    this.logger = new Logger(`Consumer ${group}`);
    this.trouble = new TroubleLog(this.logger, "warn");
    this.topics = [...handlers.keys()].map((name) => config.topicPrefix + name);
    this.intake = new KafkaIntake(config.topicPrefix, subscription);
    this.lag = new KafkaLag(connectClient(config), group, this.topics, ephemeral);
    this.knowsStart = !ephemeral;
  }

  /**
   * An ephemeral group gets the records produced after this has resolved; a durable one those it
   * has not committed.
   */
  async start(): Promise<void> {
    const limit = performance.now() + START_LIMIT_MS;
    while (!this.knowsStart && performance.now() < limit) {
      try {
        await this.findStart();
      } catch (error) {
        // Right after its creation, a topic has no leader yet.
        this.logger.debug((error as Error).message);
        await sleep(200);
      }
    }
    this.running = this.run();
    this.watch = setInterval(() => void this.poll(), this.timing.watch);
  }

  status(): ConsumerStatus {
    const { session, intake, lag } = this;
    const alive =
      session !== undefined && performance.now() - session.lastSign < this.timing.silent;
    return {
      assigned: alive && intake.partitions > 0,
      lag: lag.latest,
      lagAt: lag.latestAt,
      queued: intake.waiting(),
    };
  }

  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  private async findStart(): Promise<void> {
    if (this.knowsStart) return;
    this.intake.startAt(await this.lag.start());
    this.knowsStart = true;
  }

  private async run(): Promise<void> {
    const backoff = new Backoff(FIRST_RESTART_MS, MAX_RESTART_MS);
    while (!this.closing.signal.aborted) {
      const ending = await this.runSession();
      const hadJoined = this.memberId !== undefined;
      if (hadJoined) backoff.reset();
      this.leave();
      if (this.closing.signal.aborted) return;
      const isFirst = backoff.failures === 0;
      const waitMs = backoff.next();
      if (hadJoined || ending.cause === "stalled") this.ended(ending, waitMs);
      else this.refused(ending, isFirst);
      await pause(waitMs, this.closing.signal);
    }
  }

  private async runSession(): Promise<Ending> {
    const { group, ephemeral } = this.subscription;
    try {
      await this.findStart();
      const session: KafkaSession = new KafkaSession(
        connectClient(this.config),
        {
          group,
          topics: this.topics,
          fromBeginning: !ephemeral,
          sessionMs: this.timing.session,
        },
        {
          joined: (assignment, memberId) => this.joined(session, assignment, memberId),
          arrived: (batch) => {
            if (session === this.session) this.intake.arrived(batch);
          },
          readTo: (topic, partition, offset) => {
            if (session === this.session) this.intake.readTo(topic, partition, offset);
          },
        },
      );
      this.session = session;
      return await session.run();
    } catch (error) {
      return { cause: "crash", detail: (error as Error).message };
    }
  }

  private joined(
    session: KafkaSession,
    assignment: Record<string, number[]>,
    memberId: string,
  ): void {
    if (session !== this.session) return;
    if (this.memberId !== undefined && this.memberId !== memberId) {
      // The broker had assigned our partitions elsewhere meanwhile. A late fetch of the old
      // assignment would count as one of the new assignment, and records before it would be
      // skipped: a new client has no such fetch.
      session.end({
        cause: "crash",
        detail: "the broker had removed this member from the group",
      });
      return;
    }
    this.memberId = memberId;
    this.intake.assign(session, assignment);
    this.announce(assignment);
    this.trouble.over("Consuming again");
  }

  private leave(): void {
    this.session = undefined;
    this.intake.unassign();
    if (this.memberId !== undefined) this.announce({});
    this.memberId = undefined;
  }

  /**
   * One member has partition p of every topic: any topic's assignment decides who owns a market.
   */
  private announce(assignment: Record<string, number[]>): void {
    const own = [...this.tables].map(([name, table]) => ({
      table,
      partitions: new Set(assignment[this.config.topicPrefix + name] ?? []),
    }));
    this.subscription.onAssigned?.(
      (key) => own.some(({ table, partitions }) => partitions.has(table.partitionOf(key))),
      own.some(({ partitions }) => partitions.size > 0),
    );
  }

  /**
   * A broker that has just started refuses each member's first attempt, so that one is not logged.
   */
  private refused({ detail }: Ending, isFirst: boolean): void {
    const text = `Cannot consume yet, will retry: ${detail}`;
    if (isFirst) this.logger.debug(text);
    else this.trouble.failed(text);
  }

  private ended({ cause, detail }: Ending, waitMs: number): void {
    const group = labelOf(this.subscription);
    this.figures.consumerRestarts.inc({ group, cause });
    this.logger.warn(`Consumer ${cause} (${detail}); a new one starts in ${waitMs} ms`);
  }

  private async poll(): Promise<void> {
    const offsets = await this.lag.measure();
    const group = labelOf(this.subscription);
    if (this.lag.latest !== null) this.figures.consumerLag.set({ group }, this.lag.latest);
    for (const topic of this.subscription.handlers.keys())
      this.figures.queueDepth.set({ queue: `${group} ${topic}` }, this.intake.waiting(topic));
    this.intake.commitSoon();
    const { session, intake, timing } = this;
    if (session === undefined) return;
    const now = performance.now();
    if (now - session.lastSign > timing.silent) {
      const detail = `neither a fetch nor a heartbeat for ${timing.silent} ms`;
      session.end({ cause: "stalled", detail });
      return;
    }
    const unread = offsets === null ? 0 : intake.unread(offsets);
    const busy = intake.waiting() > 0 || intake.inFlight > 0;
    if (unread > 0 && !busy && now - intake.lastProgress > timing.stalled) {
      const detail = `${unread} records behind and none arrives`;
      session.end({ cause: "stalled", detail });
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.watch);
    await this.intake.close();
    this.closing.abort(new Error("closing"));
    this.session?.end({ cause: "closed", detail: "closing" });
    await within(END_LIMIT_MS, this.running);
    await this.lag.close();
  }
}
