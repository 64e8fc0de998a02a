import type { Config, Role } from "../config.js";
import type { FeedState } from "../domain/feed-state.js";
import type { Interval } from "../domain/interval.js";
import { VERSION } from "./version.js";

/** What is running here, and why. */
export interface Status {
  version: string;
  mode: {
    database: "embedded" | "server";
    transport: "in-process" | "kafka";
    why: string;
  };
  roles: Role[];
  /** Simulated prices are among the markets. */
  simulated: boolean;
  /** What a person should know before trusting the figures. */
  notice: string | null;
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
  epoch: string,
  uptime: number,
): Status {
  const ownDatabase = config.databaseUrl === undefined;
  const inProcess = config.kafkaBrokers.length === 0;
  const simulated = feeds.some(({ market }) => market.startsWith(SIMULATED));
  return {
    version: VERSION,
    mode: {
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
    },
    roles: [...config.roles],
    simulated,
    notice: noticeOf(config, feeds, simulated),
    feeds,
    intervals: [...config.intervals],
    epoch,
    uptime,
  };
}

function noticeOf(
  config: Config,
  feeds: readonly FeedState[],
  simulated: boolean,
): string | null {
  if (!simulated) return null;
  const asked =
    config.feedsExplicit &&
    config.feeds.some((market) => market.startsWith(SIMULATED));
  const away = feeds.filter(
    ({ market, condition }) =>
      !market.startsWith(SIMULATED) &&
      (condition === "down" || condition === "connecting"),
  );
  const [first] = away;
  const why =
    asked || first === undefined
      ? ""
      : ` It runs because no exchange can be reached${first.detail === null ? "" : ` (${first.detail})`}.`;
  return `Markets of venue "sim" are simulated: a random walk, not market data.${why}`;
}
