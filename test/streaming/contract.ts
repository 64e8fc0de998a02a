import type { Trade } from "../../src/domain/trade.js";
import type { TopicName } from "../../src/streaming/topics.js";
import type {
  Delivery,
  DeliveryHandler,
  Subscription,
  Transport,
} from "../../src/streaming/transport.js";
import { trade } from "../support/tape.js";

/** A transport to be tested, with what only a test needs of it. */
export interface Bench {
  transport: Transport;
  group: string;
  /** Another process of the same topics; in-process the same one again. */
  another: () => Promise<Transport>;
  /** Puts bytes on a topic past the producer, where that can be done. */
  raw?: (topic: TopicName, key: string, value: Buffer) => Promise<void>;
  close: () => Promise<void>;
}

export type Open = () => Promise<Bench>;

export const NOW = Date.now();

/** Trades of a market with ids that count up from `from`. */
export function many(market: string, from: number, count: number): Trade[] {
  return Array.from({ length: count }, (_, index) => trade(market, from + index, NOW + index));
}

export function tradesOf(delivery: Delivery): Trade[] {
  return delivery.records as Trade[];
}

export function idsOf(delivery: Delivery): string[] {
  return tradesOf(delivery).map(({ id }) => id);
}

/** A handler that is done at once. */
export function noting(take: (delivery: Delivery) => void): DeliveryHandler {
  return (delivery) => {
    take(delivery);
    return Promise.resolve();
  };
}

export function subscription(
  group: string,
  handlers: [TopicName, DeliveryHandler][],
  more: Partial<Subscription> = {},
): Subscription {
  return {
    group,
    ephemeral: false,
    handlers: new Map(handlers),
    lanes: 2,
    maxBatch: 20_000,
    paceMs: 10,
    ...more,
  };
}
