import type { FeedCondition, FeedState } from "../../src/domain/feed-state.js";
import type { Interval } from "../../src/domain/interval.js";
import { type Clock, type Trade, isClock } from "../../src/domain/trade.js";
import { FeedBoard } from "../../src/ingestion/feed/feed-board.js";
import { VenueFeed } from "../../src/ingestion/feed/venue-feed.js";
import { FeedFigures } from "../../src/ingestion/feed/feed-figures.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import type { Delivery, Undecodable } from "../../src/streaming/transport.js";
import { binance } from "../../src/venues/binance/spot.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import type { Venue } from "../../src/venues/venue.js";
import { Backoff } from "../../src/waiting/backoff.js";

/** What came through the transport. */
export class Tape {
  readonly trades: Trade[] = [];
  readonly clocks: (Clock & { arrivedAt: number })[] = [];
  /** For the dead letters. */
  readonly refused: Undecodable[] = [];
  /** By market, oldest first. */
  readonly states = new Map<string, FeedState[]>();
  /** While set, nothing is accepted. */
  blocked: Promise<void> | undefined;
  readonly transport = new InProcessTransport();

  /** `now` is the clock of arrival times. */
  static async start(now: () => number = Date.now): Promise<Tape> {
    const tape = new Tape();
    await tape.transport.start();
    const take = async (delivery: Delivery): Promise<void> => {
      await tape.blocked;
      const { records, undecodable } = delivery as Delivery<"trades">;
      tape.refused.push(...undecodable);
      for (const record of records) {
        if (isClock(record)) tape.clocks.push({ ...record, arrivedAt: now() });
        else tape.trades.push(record);
      }
    };
    const states = (delivery: Delivery): Promise<void> => {
      for (const state of (delivery as Delivery<"feeds">).records)
        tape.states.set(state.market, [...(tape.states.get(state.market) ?? []), state]);
      return Promise.resolve();
    };
    await tape.transport.subscribe({
      group: "tape",
      ephemeral: false,
      handlers: new Map([
        ["trades", take],
        ["trades.bulk", take],
        ["feeds", states],
      ]),
      lanes: 1,
      maxBatch: 20_000,
      paceMs: 0,
    });
    return tape;
  }

  condition(market: string): FeedCondition | undefined {
    return this.states.get(market)?.at(-1)?.condition;
  }

  /** Conditions in the order in which they were taken on. */
  conditions(market: string): FeedCondition[] {
    const all = (this.states.get(market) ?? []).map(({ condition }) => condition);
    return all.filter((condition, index) => condition !== all[index - 1]);
  }

  /** Each id once, in order of arrival. */
  ids(market: string): string[] {
    const own = this.trades.filter((trade) => trade.market === market);
    return [...new Set(own.map(({ id }) => id))];
  }
}

export interface FeedOptions {
  interval?: Interval;
  venue?: Partial<Venue>;
  /**
   * Nothing received for this long is a dead connection; longer than any delay on two busy cores.
   */
  silentMs?: number;
  /** After which a symbol's silence counts. */
  silenceMs?: number;
}

/** An exchange on loopback. */
export interface Exchange {
  wsUrl: string;
  restUrl: string;
  now(): number;
}

export interface FeedUnderTest {
  feed: VenueFeed;
  tape: Tape;
  metrics: Metrics;
  stop(): Promise<void>;
}

/** The product's feed with its limits shortened, over the in-process transport. */
export async function startFeed(
  server: Exchange,
  symbols: readonly string[],
  { interval = "1m", venue = {}, silentMs = 1_500, silenceMs = 700 }: FeedOptions = {},
): Promise<FeedUnderTest> {
  const tape = await Tape.start(() => server.now());
  const metrics = new Metrics();
  const figures = new FeedFigures(metrics);
  const clocks = new VenueClocks(new ClockFigures(metrics));
  const board = new FeedBoard(tape.transport, figures, clocks);
  board.start();
  const options = {
    venue: { ...binance, ...venue },
    symbols,
    wsUrl: server.wsUrl,
    interval,
    timing: { pingMs: 100, silentMs },
    watch: { silenceMs, recheckMs: 400, inTransitMs: 50 },
    backoff: new Backoff(20, 200),
  };
  const restFigures = new RestFigures(metrics);
  const hosts = new VenueHosts({ venueUrl: () => server.restUrl }, restFigures, clocks);
  const feed = new VenueFeed(options, tape.transport, board, figures, hosts, clocks);
  feed.start();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await feed.stop();
    await board.stop();
    await tape.transport.close();
  };
  return { feed, tape, metrics, stop: () => (stopped ??= stop()) };
}

/** A figure of `Metrics`, summed over its labels. */
export async function figure(metrics: Metrics, name: string): Promise<number> {
  const found = (await metrics.registry.getMetricsAsJSON()).find((metric) => metric.name === name);
  return (found?.values ?? []).reduce((sum, { value }) => sum + Number(value), 0);
}
