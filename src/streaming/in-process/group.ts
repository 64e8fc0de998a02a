import { Logger } from "@nestjs/common";
import { within } from "../../waiting/limit.js";
import { keyOf, marketOfKey } from "../codec.js";
import { Courier } from "../courier.js";
import { LaneShare } from "../lane-share.js";
import { type Item, Lane } from "../lanes.js";
import type { TopicName } from "../topics.js";
import { type Consumer, type ConsumerStatus, type Subscription, labelOf } from "../transport.js";

/** Records of one topic that may wait in an ephemeral group; beyond, some are dropped. */
const EPHEMERAL_CAPACITY_RECORDS = 50_000;
const WARN_EVERY_MS = 10_000;
/**
 * A closing consumer waits for its handlers, then aborts them: 10 s in total, as the contract says.
 */
const DRAIN_MS = 8_000;
const GIVE_UP_MS = 2_000;

/** A record in this process's log. */
export interface Entry extends Item {
  topic: TopicName;
  /** Groups that have not handled it yet; `produce` resolves at 0. */
  open: number;
  ticket: Ticket | undefined;
}

/** A call of `produce` that waits for its records to be handled. */
export interface Ticket {
  left: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

interface Member {
  subscription: Subscription;
  courier: Courier<Entry>;
}

/** What a group needs from the log. */
interface Log {
  handled: (entries: readonly Entry[]) => void;
  dropped: (topic: TopicName, count: number) => void;
}

/**
 * A consumer group within this process. Its lanes are its partitions: they are divided among the
 * members, and a market stays in its lane whichever member serves it, so that its order is kept
 * when a member joins or leaves. The first member's settings (lanes, batch, pace) are the group's.
 *
 * An ephemeral group must never slow the writing. When too many of its records wait, only the
 * newest state of each candle and feed is kept; if that is not enough (it never is for trades), its
 * oldest records are dropped, counted and logged.
 */
export class InProcessGroup {
  private readonly logger = new Logger("InProcessGroup");
  private readonly lanes: Lane<Entry>[];
  private readonly share: LaneShare;
  private members: Member[] = [];
  private warnedAt = -Infinity;

  constructor(
    private readonly first: Subscription,
    private readonly log: Log,
  ) {
    this.share = new LaneShare(first.lanes);
    this.lanes = Array.from(
      { length: first.lanes },
      (_, index) =>
        new Lane<Entry>(
          first,
          (topic, items) => this.serverOf(index).deliver(topic, items),
          index / first.lanes,
        ),
    );
  }

  get name(): string {
    return this.first.group;
  }

  /** Its name in metrics. */
  get label(): string {
    return labelOf(this.first);
  }

  get ephemeral(): boolean {
    return this.first.ephemeral;
  }

  get memberless(): boolean {
    return this.members.length === 0;
  }

  get topics(): TopicName[] {
    return [...this.first.handlers.keys()];
  }

  reads(topic: TopicName): boolean {
    return this.first.handlers.has(topic);
  }

  waiting(topic?: TopicName): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting(topic), 0);
  }

  push(topic: TopicName, entries: readonly Entry[]): void {
    if (this.lanes.length === 1) this.lanes[0]?.push(topic, entries);
    else {
      const parts = this.lanes.map((): Entry[] => []);
      for (const entry of entries) parts[this.laneOf(entry.key)]?.push(entry);
      for (const [index, part] of parts.entries())
        if (part.length > 0) this.lanes[index]?.push(topic, part);
    }
    if (this.ephemeral && this.waiting(topic) > EPHEMERAL_CAPACITY_RECORDS) this.shed(topic);
  }

  join(subscription: Subscription): Consumer {
    const { handlers } = subscription;
    // `produce` does not wait for ephemeral groups.
    const handled = this.ephemeral ? () => undefined : this.log.handled;
    const courier = new Courier<Entry>({ handlers, handled });
    const member = { subscription, courier };
    this.members.push(member);
    this.assign();
    for (const lane of this.lanes) lane.go();
    let ended: Promise<void> | undefined;
    return {
      close: () => (ended ??= this.leave(member)),
      status: () => this.statusOf(member),
    };
  }

  /** Ends every member. */
  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => this.leave(member)));
  }

  private laneOf(key: string | null): number {
    return this.share.of(marketOfKey(key ?? ""));
  }

  private serverOf(lane: number): Courier<Entry> {
    return (this.members[lane % this.members.length] as Member).courier;
  }

  private assign(): void {
    const { length } = this.members;
    for (const [index, { subscription }] of this.members.entries())
      subscription.onAssigned?.(
        (key) => this.laneOf(key) % length === index,
        index < this.lanes.length,
      );
  }

  private statusOf(member: Member): ConsumerStatus {
    const index = this.members.indexOf(member);
    const lagAt = Date.now();
    if (index < 0) return { assigned: false, lag: 0, lagAt, queued: 0 };
    const own = this.lanes.filter((_, lane) => lane % this.members.length === index);
    const queued = own.reduce((sum, lane) => sum + lane.waiting(), 0);
    const lag = queued + member.courier.inFlight;
    return { assigned: own.length > 0, lag, lagAt, queued };
  }

  private async leave(member: Member): Promise<void> {
    const { courier } = member;
    if (!this.members.includes(member)) return;
    if (this.members.length > 1) {
      this.members = this.members.filter((other) => other !== member);
      this.assign();
      await untilIdle(courier);
      return;
    }
    // The last member handles what waits: in memory it would be lost.
    const drained = this.ephemeral
      ? Promise.all(this.lanes.map((lane) => lane.stop()))
      : Promise.all(this.lanes.map((lane) => lane.drain()));
    await within(DRAIN_MS, drained);
    const stopped = Promise.all(this.lanes.map((lane) => lane.stop()));
    courier.giveUp(new Error(`not handled within ${DRAIN_MS} ms of closing`));
    await within(GIVE_UP_MS, stopped);
    this.members = [];
  }

  private shed(topic: TopicName): void {
    const before = this.waiting(topic);
    const compacted = topic === "candles" || topic === "feeds";
    for (const lane of this.lanes) {
      if (compacted) lane.replace(topic, (items) => newest(topic, items));
      const limit = Math.floor((EPHEMERAL_CAPACITY_RECORDS * 3) / 4 / this.lanes.length);
      lane.replace(topic, (items) => items.slice(-limit));
    }
    const dropped = before - this.waiting(topic);
    this.log.dropped(topic, dropped);
    if (performance.now() - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = performance.now();
    this.logger.warn(
      `Group ${this.name} is too slow: ${dropped} of its waiting records of ${topic} were dropped`,
    );
    // Its reader must reload what it missed, as after any assignment.
    this.assign();
  }
}

async function untilIdle(courier: Courier<Entry>): Promise<void> {
  const limit = performance.now() + DRAIN_MS;
  while (courier.inFlight > 0 && performance.now() < limit)
    await new Promise((resolve) => setTimeout(resolve, 10));
  courier.giveUp(new Error("the consumer has closed"));
}

/** The last record of each key, in order. */
function newest(topic: TopicName, items: readonly Entry[]): Entry[] {
  const last = new Map<string, Entry>();
  for (const item of items) {
    if (item.record === undefined) continue;
    const key = keyOf(topic, item.record);
    last.delete(key);
    last.set(key, item);
  }
  return [...last.values()];
}
