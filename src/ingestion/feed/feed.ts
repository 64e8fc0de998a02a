import type { Market } from "../../domain/market.js";

/** Trades of some markets, from where they are made to the transport. It says on the `FeedBoard` how each of them is. */
export interface Feed {
  readonly markets: readonly Market[];
  /** True once it has reached what it follows. */
  readonly hasConnected: boolean;
  /** Why it does not reach it, for a person. */
  readonly problem: string | undefined;
  start(): void;
  /** Resolves when nothing more comes from it. */
  stop(): Promise<void>;
}

/** Makes the feeds of one kind: by a venue's socket, by a simulator. */
export interface FeedFactory {
  follows(venue: string): boolean;
  /** Of markets that it follows; each is in one of the feeds. They are not started yet. */
  feedsOf(markets: readonly Market[]): Feed[];
  /**
   * What is shown in place of these markets, which nobody chose and of which none can be reached.
   *
   * @param why for a person
   */
  standIn?(markets: readonly Market[], why: string): Feed[];
}

/** Injection token of every `FeedFactory` of the application. */
export const FEED_FACTORIES = Symbol("feed factories");
