import { setTimeout as sleep } from "node:timers/promises";
import { Command, CommandRunner, Option } from "nest-commander";
import { type Launched, Launcher, recordingOnly } from "../../commands/launcher.js";
import { positive } from "../../commands/options.js";
import { type Config, ConfigError, environment } from "../../config/config.js";
import { ConsumerGroups } from "../../streaming/consumer-groups.js";
import { Transport } from "../../streaming/transport.js";
import { Venues } from "../../venues/venues.js";
import { RefusalWatch } from "./refusal-watch.js";
import { replayWithProgress, textOf } from "./replay-progress.js";

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
  constructor(private readonly launcher: Launcher) {
    super();
  }

  async run(files: string[], { venue: name, symbol, speed }: ReplayFlags): Promise<void> {
    const venue = VENUES.get(name);
    if (venue === undefined)
      throw new ConfigError([
        `--venue must be one of ${VENUES.names}, not ${JSON.stringify(name)}`,
      ]);
    const config = recordingOnly(environment());
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
    const running = await this.launcher.launch(config);
    let status: number;
    try {
      const options = {
        venue,
        files,
        ...(symbol === undefined ? {} : { symbol }),
        ...(speed === undefined ? {} : { speed }),
        signal: stopping.signal,
      };
      const watch = new RefusalWatch(name);
      await watch.start(config.topicPrefix, running.get(Transport));
      const summary = await replayWithProgress(options, running.get(Transport));
      await this.settled(running, config, stopping.signal);
      const isTold = await watch.close();
      process.stdout.write(`${textOf(summary)}\n`);
      for (const [reason, { count, first }] of watch.refused)
        process.stdout.write(`  not stored: at least ${count} × ${reason}, the first: ${first}\n`);
      if (!isTold)
        process.stdout.write("  The dead letters could not be read: see whether there are any\n");
      // A script must notice what was lost.
      const lost = summary.damaged.length + summary.refused.size + watch.refused.size;
      status = lost > 0 ? 1 : 0;
    } finally {
      await running.stop();
    }
    process.exit(status);
  }

  /**
   * With a broker, the records are safe but not yet in the tables, which another recorder may
   * write.
   */
  private async settled(running: Launched, config: Config, signal: AbortSignal): Promise<void> {
    const strategies = running.get(ConsumerGroups).all;
    if (config.kafkaBrokers.length === 0 || strategies.length === 0) return;
    const limit = performance.now() + SETTLE_LIMIT_MS;
    const began = Date.now();
    while (performance.now() < limit) {
      await sleep(250, undefined, { signal });
      const statuses = strategies.map((strategy) => strategy.consumerStatus());
      if (
        statuses.every(
          ({ lag, lagAt, queued }) => lag === 0 && queued === 0 && (lagAt ?? 0) > began,
        )
      )
        return;
    }
    throw new Error(
      `not stored within ${SETTLE_LIMIT_MS / 1_000} s; the broker keeps the trades, and a running recorder will store them`,
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
    description: "market time per real time; without it as fast as it can be stored",
  })
  parseSpeed(text: string): number {
    return positive("--speed", text);
  }
}
