import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
} from "prom-client";

/** Every figure an operator can scrape; one instance per application. Durations are seconds. */
export class Metrics {
  readonly registry = new Registry();

  readonly eventLag = new Gauge({
    name: "tapeline_event_lag_seconds",
    help: "Wall clock minus exchange time of the newest stored trade, at the moment it was stored",
    labelNames: ["market"],
    registers: [this.registry],
  });
  readonly batchRecords = new Histogram({
    name: "tapeline_batch_records",
    help: "Records of a batch handed to the recorder",
    buckets: [1, 10, 100, 1_000, 5_000, 10_000, 20_000],
    registers: [this.registry],
  });
  readonly writeSeconds = new Histogram({
    name: "tapeline_write_seconds",
    help: "Time of one write transaction, commit included",
    buckets: [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ],
    registers: [this.registry],
  });
  readonly trades = new Counter({
    name: "tapeline_trades_total",
    help: "Trades by outcome: stored, duplicate, late (stored into a closed candle), expired (older than retention)",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly candles = new Counter({
    name: "tapeline_candles_total",
    help: "Candle changes published, by kind: open, closed, revised",
    labelNames: ["kind"],
    registers: [this.registry],
  });
  readonly revisions = new Counter({
    name: "tapeline_revisions_total",
    help: "Closed candles changed by trades, by reason: late, replay, posted, repair, backfill; one with several counts for each",
    labelNames: ["reason"],
    registers: [this.registry],
  });
  readonly deadLetters = new Counter({
    name: "tapeline_dead_letters_total",
    help: "Records refused for good, by reason",
    labelNames: ["reason"],
    registers: [this.registry],
  });
  readonly writeRetries = new Counter({
    name: "tapeline_write_retries_total",
    help: "Writes repeated, by cause: deadlock, market_gone, unavailable",
    labelNames: ["cause"],
    registers: [this.registry],
  });
  readonly consumerLag = new Gauge({
    name: "tapeline_consumer_lag_records",
    help: "Records between a consumer group and the end of its topics",
    labelNames: ["group"],
    registers: [this.registry],
  });
  readonly queueDepth = new Gauge({
    name: "tapeline_queue_records",
    help: "Records waiting in a bounded queue",
    labelNames: ["queue"],
    registers: [this.registry],
  });
  readonly recordsDropped = new Counter({
    name: "tapeline_dropped_records_total",
    help: "Records left out for a group of one process that was too slow; a newer state may have taken their place",
    labelNames: ["group", "topic"],
    registers: [this.registry],
  });
  readonly consumerRestarts = new Counter({
    name: "tapeline_consumer_restarts_total",
    help: "Consumers restarted, by cause: crash, stalled",
    labelNames: ["group", "cause"],
    registers: [this.registry],
  });
  readonly feedUp = new Gauge({
    name: "tapeline_feed_up",
    help: "1 while a market's feed is live or quiet, 0 otherwise",
    labelNames: ["market"],
    registers: [this.registry],
  });
  readonly feedReconnects = new Counter({
    name: "tapeline_feed_reconnects_total",
    help: "Connections made again, by venue",
    labelNames: ["venue"],
    registers: [this.registry],
  });
  readonly feedRefused = new Counter({
    name: "tapeline_feed_refused_total",
    help: "Frames and trades of a feed that were not taken, by reason",
    labelNames: ["venue", "reason"],
    registers: [this.registry],
  });
  readonly feedDropped = new Counter({
    name: "tapeline_feed_dropped_total",
    help: "Trades a feed could not hand on because the transport had no room; each is a gap",
    labelNames: ["venue"],
    registers: [this.registry],
  });
  readonly gaps = new Gauge({
    name: "tapeline_gaps",
    help: "Gaps of the markets this process cares for, by state: open, repairing, unrepairable",
    labelNames: ["state"],
    registers: [this.registry],
  });
  readonly missingIds = new Gauge({
    name: "tapeline_missing_trades",
    help: "Raw trade ids missing in the markets this process cares for",
    registers: [this.registry],
  });
  readonly oldestGap = new Gauge({
    name: "tapeline_oldest_gap_seconds",
    help: "Age of the oldest gap that has not ended; 0 without one",
    registers: [this.registry],
  });
  readonly gapsChanged = new Counter({
    name: "tapeline_gaps_total",
    help: "Gaps by what became of them: found, repaired, void (the venue itself has no such trades)",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly repairAttempts = new Counter({
    name: "tapeline_repair_attempts_total",
    help: "Times a venue was asked for a gap, by outcome: answered, failed",
    labelNames: ["venue", "outcome"],
    registers: [this.registry],
  });
  readonly repairedTrades = new Counter({
    name: "tapeline_repair_trades_total",
    help: "Trades fetched for gaps and sent on",
    labelNames: ["venue"],
    registers: [this.registry],
  });
  readonly venueQuestions = new Counter({
    name: "tapeline_venue_questions_total",
    help: "Questions to a venue's REST, by who asked (urgency) and outcome: answered, or why not",
    labelNames: ["host", "urgency", "outcome"],
    registers: [this.registry],
  });
  readonly venueWeight = new Gauge({
    name: "tapeline_venue_weight",
    help: "Weight of a REST host's budget that was used when it last answered",
    labelNames: ["host"],
    registers: [this.registry],
  });
  readonly venueWaiting = new Gauge({
    name: "tapeline_venue_questions_waiting",
    help: "Questions to a REST host that wait for their turn",
    labelNames: ["host", "urgency"],
    registers: [this.registry],
  });
  readonly backfillJobs = new Gauge({
    name: "tapeline_backfill_jobs",
    help: "Backfills that this process works on",
    registers: [this.registry],
  });
  readonly backfillTrades = new Counter({
    name: "tapeline_backfill_trades_total",
    help: "Trades that backfills have read and stored, or found stored",
    registers: [this.registry],
  });
  readonly backfillProgress = new Gauge({
    name: "tapeline_backfill_progress",
    help: "Part (0-1) that a backfill under way has done, by the number of the job",
    labelNames: ["job"],
    registers: [this.registry],
  });
  readonly matchRatio = new Gauge({
    name: "tapeline_match_ratio",
    help: "Part of a market's minutes of this UTC day and the one before that equal the venue's own candles",
    labelNames: ["market"],
    registers: [this.registry],
  });
  readonly candlesCompared = new Counter({
    name: "tapeline_candles_compared_total",
    help: "Candles compared with the venue's own, by outcome: match, differs, missing_here, missing_there",
    labelNames: ["venue", "outcome"],
    registers: [this.registry],
  });
  readonly candlesRefetched = new Counter({
    name: "tapeline_candles_refetched_total",
    help: "Candles whose trades were fetched again since they differ although none is missing",
    labelNames: ["venue"],
    registers: [this.registry],
  });
  readonly differencesConfirmed = new Counter({
    name: "tapeline_differences_confirmed_total",
    help: "Candles that still differ from the venue's at the second look, by cause: incomplete (trades are missing), unexplained",
    labelNames: ["venue", "cause"],
    registers: [this.registry],
  });
  readonly clients = new Gauge({
    name: "tapeline_clients",
    help: "Socket.IO clients connected",
    registers: [this.registry],
  });
  readonly frames = new Counter({
    name: "tapeline_frames_total",
    help: "Socket.IO frames by outcome: sent, skipped (client too slow)",
    labelNames: ["outcome"],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
