import { setTimeout as sleep } from "node:timers/promises";
import { Command, CommandRunner, Option } from "nest-commander";
import { type Config, ConfigError, environment } from "../config/config.js";
import { useLogger } from "../log.js";
import { type Running, start } from "../main.js";
import { Transport } from "../streaming/transport.js";
import { Venues } from "../venues/venues.js";
import { positive } from "./options.js";
import { replayWithProgress } from "./replay-progress.js";

const VENUES = new Venues();
const SETTLE_LIMIT_MS = 600_000;

interface ReplayFlags {
  venue: string;
  symbol?: string;
  speed?: number;
}

@Command({
  name: "replay",
  arguments: "<files...>",
  description:
    "Send recordings through the whole pipeline, then exit. Reads <receive time> <combined-stream JSON> lines, JSON arrays of Binance REST trades, and CSV with timestamp,price,quantity,side,tradeId; gzip or plain",
})
export class ReplayCommand extends CommandRunner {
  async run(
    files: string[],
    { venue: name, symbol, speed }: ReplayFlags,
  ): Promise<void> {
    const venue = VENUES.get(name);
    if (venue === undefined)
      throw new ConfigError([
        `--venue must be one of ${VENUES.names}, not ${JSON.stringify(name)}`,
      ]);
    const configured = environment();
    // Nobody asked for live feeds or a server: only what records.
    const config: Config = {
      ...configured,
      feeds: [],
      feedsExplicit: true,
      port: 0,
      roles: configured.roles.has("recorder")
        ? new Set(["ingestion", "recorder"])
        : new Set(["ingestion"]),
    };
    const stopping = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () =>
        stopping.abort(
          new Error(
            `stopped by ${signal}; what was sent is stored, and replaying again does no harm`,
          ),
        ),
      );
    }
    const logger = useLogger({
      ...config,
      logLevel: config.logLevel === "log" ? "warn" : config.logLevel,
    });
    const running = await start(config, logger);
    try {
      const options = {
        venue,
        files,
        ...(symbol === undefined ? {} : { symbol }),
        ...(speed === undefined ? {} : { speed }),
        signal: stopping.signal,
      };
      const summary = await replayWithProgress(
        options,
        running.app.get(Transport),
      );
      await this.settled(running, config, stopping.signal);
      process.stdout.write(`${summary}\n`);
    } finally {
      await running.stop();
    }
    process.exit(0);
  }

  /** With a broker the records are safe now, but not yet in the tables. Another recorder may be the one that writes them. */
  private async settled(
    { strategies }: Running,
    config: Config,
    signal: AbortSignal,
  ): Promise<void> {
    if (config.kafkaBrokers.length === 0 || strategies.length === 0) return;
    const limit = Date.now() + SETTLE_LIMIT_MS;
    const asked = Date.now();
    while (Date.now() < limit) {
      await sleep(250, undefined, { signal });
      const statuses = strategies.map((strategy) => strategy.consumerStatus());
      if (
        statuses.every(
          ({ lag, lagAt, queued }) =>
            lag === 0 && queued === 0 && (lagAt ?? 0) > asked,
        )
      )
        return;
    }
    throw new Error(
      `not stored within ${SETTLE_LIMIT_MS / 1_000} s; the broker keeps the trades, and a running recorder goes on with them`,
    );
  }

  @Option({
    flags: "--venue <venue>",
    description: `venue of the recordings: ${VENUES.names}`,
    required: true,
  })
  parseVenue(venue: string): string {
    return venue;
  }

  @Option({
    flags: "--symbol <symbol>",
    description: "symbol of recordings that do not name it",
  })
  parseSymbol(symbol: string): string {
    return symbol;
  }

  @Option({
    flags: "--speed <n>",
    description:
      "market time per real time; without it as fast as it can be stored",
  })
  parseSpeed(text: string): number {
    return positive("--speed", text);
  }
}
