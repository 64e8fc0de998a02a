import { Logger } from "@nestjs/common";
import { Command, CommandRunner, Option } from "nest-commander";
import { ConfigError, environment } from "./config/config.js";
import { replayWithProgress, textOf } from "./ingestion/replay/replay-progress.js";
import { Transport } from "./streaming/transport.js";
import { Venues } from "./venues/venues.js";
import { Launcher } from "./commands/launcher.js";
import { positive } from "./commands/options.js";

const STOP_LIMIT_MS = 25_000;
/** A second signal later than this ends the process at once. */
const FORCED_STOP_AFTER_MS = 2_000;

interface ServeOptions {
  replay?: string[];
  venue?: string;
  symbol?: string;
  speed?: number;
}

@Command({
  name: "serve",
  description:
    "Run Tapeline: follow the feeds, record, serve (what npm start does). Configuration is by environment variables; see README",
})
export class ServeCommand extends CommandRunner {
  constructor(private readonly launcher: Launcher) {
    super();
  }

  async run(_args: string[], options: ServeOptions): Promise<void> {
    const config = environment();
    const venues = new Venues();
    const venue = options.replay === undefined ? undefined : venues.get(options.venue ?? "binance");
    if (options.replay !== undefined && venue === undefined)
      throw new ConfigError([`--venue must be one of ${venues.names}`]);
    const stopping = new AbortController();
    const stopped = new Promise<string>((resolve) => {
      let first = 0;
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.on(signal, () => {
          // npm forwards Ctrl-C, so the process gets it twice at nearly the same time.
          if (first > 0 && performance.now() - first > FORCED_STOP_AFTER_MS) process.exit(130);
          first ||= performance.now();
          stopping.abort(new Error(`stopped by ${signal}`));
          resolve(signal);
        });
      }
    });
    const running = await this.launcher.launch(config);
    const log = new Logger("Tapeline");
    for (const line of running.banner.split("\n")) log.log(line);
    if (options.replay !== undefined && venue !== undefined) {
      const { replay: files, symbol, speed } = options;
      replayWithProgress(
        {
          venue,
          files,
          ...(symbol === undefined ? {} : { symbol }),
          ...(speed === undefined ? {} : { speed }),
          signal: stopping.signal,
        },
        running.get(Transport),
      ).then(
        (summary) => {
          const isWhole = summary.damaged.length === 0 && summary.refused.size === 0;
          log[isWhole ? "log" : "warn"](textOf(summary));
        },
        (error: unknown) => stopping.signal.aborted || log.error(`Replay failed: ${String(error)}`),
      );
    }
    const signal = await stopped;
    log.log(`${signal}: stopping, finishing the work in progress`);
    const limit = setTimeout(() => {
      log.error(
        `Not stopped within ${STOP_LIMIT_MS / 1_000} s, exiting anyway. Unacknowledged records will be redelivered`,
      );
      process.exit(1);
    }, STOP_LIMIT_MS);
    await running.stop();
    clearTimeout(limit);
    log.log("Stopped");
    process.exit(0);
  }

  @Option({
    flags: "--replay <files...>",
    description: "also replay these recordings into the running server",
  })
  parseReplay(file: string, files: string[] = []): string[] {
    return [...files, file];
  }

  @Option({
    flags: "--venue <venue>",
    description: "venue of the recordings (default: binance)",
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
    description: "market time per real time; without it as fast as possible",
  })
  parseSpeed(text: string): number {
    return positive("--speed", text);
  }
}
