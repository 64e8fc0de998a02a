/** Every limit of the live feed, in one place. */
export const LIVE_LIMITS = {
  /** Clients connected to one instance; more are refused at the handshake. */
  clients: 10_000,
  /** Subscriptions of one client. */
  subscriptions: 200,
  /**
   * Each side notices within the sum of both that the other is silent. A client that reads slowly finds the ping behind
   * what it has not read yet: the answer must have time.
   */
  pingEveryMs: 8_000,
  pongWithinMs: 12_000,
  /** Bytes of one message from a client; a larger one ends its connection. */
  messageBytes: 16_384,
  /** Subscribe requests of one client that wait for their snapshot; more are refused. */
  waitingRequests: 200,
  /** Candles of a snapshot with `since`, and without. */
  snapshotSince: 1_000,
  snapshotNewest: 500,
  snapshotTrades: 100,
  /** Candles or trades of one frame: with more waiting, the frame goes out before its time. */
  frameRows: 1_000,
  /** Candles of a room whose last version is remembered. */
  roomVersions: 2_000,
  /**
   * A client that has not drained between two looks, and has more than this waiting, gets no frames until it has drained.
   * The looks are `lookMs` apart at least.
   */
  slowPackets: 32,
  slowBytes: 1_048_576,
  lookMs: 50,
  /** A client is cut off when it has this much waiting, or has been slow for this long. */
  cutPackets: 2_048,
  cutBytes: 33_554_432,
  slowMs: 60_000,
} as const;
