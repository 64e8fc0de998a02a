import type { Market } from "../../domain/market.js";

/**
 * Sends the trades of some markets to the transport, and reports their state to the `FeedBoard`.
 */
export interface Feed {
  readonly markets: readonly Market[];
  /** True once it has connected to its source. */
  readonly hasConnected: boolean;
  /** Why it is not connected, as text for messages. */
  readonly problem: string | undefined;
  start(): void;
  /** Resolves when it sends nothing more. */
  stop(): Promise<void>;
}

/** Creates the feeds of one kind: from a venue's socket, from a simulator. */
export interface FeedFactory {
  follows(venue: string): boolean;
  /**
   * Creates the feeds of markets that it follows, each market in one of them, without starting
   * them.
   */
  feedsOf(markets: readonly Market[]): Feed[];
  /**
   * Creates substitutes for these default markets when none of their venues can be reached.
   *
   * @param why text for messages
   */
  standIn?(markets: readonly Market[], why: string): Feed[];
}

/** Injection token of every `FeedFactory` of the application. */
export const FEED_FACTORIES = Symbol("feed factories");
