import type { Config, Role } from "../../config/config.js";
import { FEED_SILENCE_MS, type FeedState } from "../../domain/feed-state.js";
import type { Interval } from "../../domain/interval.js";
import { VERSION } from "../../http/version.js";
import { waitingFor } from "./waiting.js";

export interface Mode {
  database: "embedded" | "server";
  transport: "in-process" | "kafka";
  /** The settings that decided it. */
  why: string;
}

/** What is running here, and why. */
export interface Status {
  version: string;
  mode: Mode;
  roles: Role[];
  /** Simulated prices are among the markets. */
  simulated: boolean;
  /** Warning for people before they trust the figures. */
  notice: string | null;
  /** What the process is waiting for, while there is no data yet or history is being generated. */
  waiting: string | null;
  feeds: FeedState[];
  intervals: Interval[];
  /** Changes with the process; live frames carry it. */
  epoch: string;
  /** Seconds. */
  uptime: number;
}

const SIMULATED = "sim:";

export function statusOf(
  config: Config,
  feeds: FeedState[],
  hasTrades: boolean,
  epoch: string,
  uptime: number,
  now: number,
): Status {
  const simulated = feeds.some(({ market }) => market.startsWith(SIMULATED));
  return {
    version: VERSION,
    mode: modeOf(config),
    roles: [...config.roles],
    simulated,
    notice: noticeOf(config, feeds, simulated, now),
    waiting: waitingFor(config, feeds, hasTrades, now),
    feeds,
    intervals: [...config.intervals],
    epoch,
    uptime,
  };
}

export function modeOf(config: Config): Mode {
  const ownDatabase = config.databaseUrl === undefined;
  const inProcess = config.kafkaBrokers.length === 0;
  return {
    database: ownDatabase ? "embedded" : "server",
    transport: inProcess ? "in-process" : "kafka",
    why: [
      ownDatabase
        ? "DATABASE_URL is not set: Tapeline runs its own PostgreSQL"
        : "DATABASE_URL is set: a PostgreSQL server",
      inProcess
        ? "KAFKA_BROKERS is not set: trades travel inside this process"
        : "KAFKA_BROKERS is set: trades travel through Kafka",
    ].join("; "),
  };
}

function noticeOf(
  config: Config,
  feeds: readonly FeedState[],
  simulated: boolean,
  now: number,
): string | null {
  if (!simulated) return null;
  const configured = config.feedsExplicit && config.feeds.some(isOfSimulator);
  // The state of an ended feed stays stored, and an exchange may be back since the simulator
  // started.
  const runs = feeds.some(
    (feed) =>
      isOfSimulator(feed.market) &&
      feed.condition !== "stopped" &&
      now - feed.at <= FEED_SILENCE_MS,
  );
  const real = feeds.filter((feed) => !isOfSimulator(feed.market));
  const [first] = real;
  const isAway = real.every(({ condition }) => condition === "down" || condition === "connecting");
  const why =
    configured || !runs || first === undefined || !isAway
      ? ""
      : ` It runs because no exchange can be reached${first.detail === null ? "" : ` (${first.detail})`}.`;
  return `Markets of venue "sim" are simulated: a random walk, not market data.${why}`;
}

function isOfSimulator(market: string): boolean {
  return market.startsWith(SIMULATED);
}
