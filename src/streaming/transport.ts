import { TapelineError } from "../domain/tapeline-error.js";
import type { TopicInput, TopicName, TopicRecords } from "./topics.js";

/** A record's position in its topic; unique together with the topic. */
export interface Origin {
  partition: number;
  offset: string;
  key: string | null;
}

/** A value that could not be decoded; the rest of its batch is delivered. */
export interface Undecodable extends Origin {
  /** Stable code, a `Fault` code or `undecodable`. */
  reason: string;
  detail: string;
  payload: string;
}

/**
 * One batch of one topic, in order within each key; may span partitions. Acknowledged when the
 * handler resolves.
 */
export interface Delivery<N extends TopicName = TopicName> {
  topic: N;
  records: TopicRecords[N][];
  /** Origin of `records[index]`. */
  origin(index: number): Origin;
  undecodable: Undecodable[];
  /**
   * Aborted when the consumer closes or loses these partitions: stop, the batch is delivered again
   * elsewhere.
   */
  signal: AbortSignal;
}

export type DeliveryHandler<N extends TopicName = TopicName> = (
  delivery: Delivery<N>,
) => Promise<void>;

export interface Subscription {
  /**
   * Consumer group; one per bounded context, or one per process (`ephemeral`) for API instances.
   */
  group: string;
  /** A group of this process only: starts at the newest record and is deleted on close. */
  ephemeral: boolean;
  /**
   * By topic. Topics ending in `.bulk` are handled only while no live topic is due: see `paceMs`.
   */
  handlers: ReadonlyMap<TopicName, DeliveryHandler>;
  /** Batches handled in parallel; records of one key always go to the same lane, in order. */
  lanes: number;
  /** Records. */
  maxBatch: number;
  /**
   * While less than a full batch of a live topic waits, a lane starts a batch of it this often
   * (ms); an idle lane at once. 0: without a pace.
   */
  paceMs: number;
  /**
   * Called after each assignment, and after its loss. `owns`: whether records of a key (a market)
   * are delivered here; `isAny`: whether any are.
   */
  onAssigned?: (owns: (key: string) => boolean, isAny: boolean) => void;
}

/**
 * A group's name in metrics: without the random suffix of an ephemeral one, which would add a
 * series for each start.
 */
export function labelOf({ group, ephemeral }: Pick<Subscription, "group" | "ephemeral">): string {
  return ephemeral ? group.slice(0, group.lastIndexOf(".")) : group;
}

export interface Consumer {
  /**
   * Stops fetching, waits for running handlers (at most 10 s), acknowledges what they finished.
   * Idempotent.
   */
  close(): Promise<void>;
  status(): ConsumerStatus;
}

export interface ConsumerStatus {
  /** Has partitions and makes progress (or has nothing to do). */
  assigned: boolean;
  /** Records behind the end of the topics; null before the first measurement. */
  lag: number | null;
  /** Time of that measurement, epoch ms. */
  lagAt: number | null;
  /** Records fetched and waiting for their handler. */
  queued: number;
}

export interface ProduceOptions {
  /** Ends the wait for room or for the broker. */
  signal?: AbortSignal;
}

/**
 * The interface between the contexts: Kafka, or an in-process log with the same rules. `produce` of
 * `trades` and `trades.bulk` resolves when the records cannot be lost any more: after `acks=all`,
 * or in-process after the handlers resolved; other topics in-process on enqueue. Rejects with a
 * `TransportError`, or with the reason of the signal; rejected records may still have been
 * accepted.
 */
export abstract class Transport {
  abstract readonly kind: "kafka" | "in-process";
  /** Connects and creates missing topics. */
  abstract start(): Promise<void>;
  abstract produce<N extends TopicName>(
    topic: N,
    records: readonly TopicInput[N][],
    options?: ProduceOptions,
  ): Promise<void>;
  abstract subscribe(subscription: Subscription): Promise<Consumer>;
  /** Records of pending `produce` calls that wait for room (in-process), 0 otherwise. */
  abstract waiting(topic: TopicName): number;
  /** Null when it works, else the problem as text for an operator. */
  abstract problem(): string | null;
  abstract close(): Promise<void>;
}

/**
 * Producing or subscribing failed: `full` (no room in time), `closed`, `unavailable` (broker does
 * not answer), `rejected` (record too large, …).
 */
export class TransportError extends TapelineError<"full" | "closed" | "unavailable" | "rejected"> {}
