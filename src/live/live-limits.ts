/** Every limit of the live feed, in one place. */
export const LIVE_LIMITS = {
  /** Clients connected to one instance; more are refused at the handshake. */
  clients: 10_000,
  /** Subscriptions of one client. */
  subscriptions: 200,
  /**
   * Each side detects a silent peer within the sum of both. A slow client finds the ping behind the
   * frames that it has not read yet, so its pong needs time.
   */
  pingEveryMs: 8_000,
  pongWithinMs: 12_000,
  /** Bytes of one message from a client; a larger one ends its connection. */
  messageBytes: 16_384,
  /** Unanswered requests of one client; more are refused. */
  waitingRequests: 200,
  /** Candles of a snapshot with `since`, and without. */
  snapshotSince: 1_000,
  snapshotNewest: 500,
  snapshotTrades: 100,
  /** Candles or trades of one frame: with more queued, the frame is sent early. */
  frameRows: 1_000,
  /** Candles of a room whose last version is kept. */
  roomVersions: 2_000,
  /**
   * A client that has not drained between two checks, and has more than this queued, gets no frames
   * until it has drained. Checks are at least `checkIntervalMs` apart.
   */
  slowPackets: 32,
  slowBytes: 1_048_576,
  checkIntervalMs: 50,
  /** A client is disconnected when it has this much queued, or has been slow for this long. */
  cutPackets: 2_048,
  cutBytes: 33_554_432,
  slowMs: 60_000,
} as const;
