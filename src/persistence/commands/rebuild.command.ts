import { Command, CommandRunner, Option } from "nest-commander";
import { moment } from "../../commands/options.js";
import { ConfigError, environment } from "../../config/config.js";
import { INTERVALS, type Interval, isInterval } from "../../domain/interval.js";
import { marketFault, readMarket } from "../../domain/market.js";
import { plural } from "../../domain/plural.js";
import { followRebuild } from "../rebuild/rebuild-progress.js";
import { hasRunningServer, withDatabase } from "../shared-database.js";
import { type RebuildScope, UnbuiltStore } from "../stores/unbuilt-store.js";

interface Flags extends RebuildScope {
  from?: number;
  to?: number;
  cancel?: boolean;
}

@Command({
  name: "rebuild",
  description:
    "Make stored candles anew, the newest first: those of seconds and minutes from the stored trades, longer ones from shorter ones. A running server may go on: live trades wait at most a tenth of a second. One that was stopped goes on with the next server, or with the same command. Without options all candles of all markets",
})
export class RebuildCommand extends CommandRunner {
  private readonly stopping = new AbortController();

  async run(_args: string[], flags: Flags): Promise<void> {
    const { from, to, cancel, ...scope } = flags;
    if (from !== undefined && to !== undefined && from >= to)
      throw new ConfigError(["--from must be before --to"]);
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => this.stopping.abort(new Error(signal)));
    const config = environment();
    // Nobody else publishes candles then, for which building would wait.
    const isAlone = config.databaseUrl === undefined && !hasRunningServer(config);
    await withDatabase(config, async (source) => {
      const store = new UnbuiltStore(source);
      if (cancel === true) {
        const markets = await store.cancel(scope);
        process.stdout.write(
          `Building candles is cancelled for ${plural(markets, "market")}. What is not built stays so until "rebuild" asks for it.\n`,
        );
        return;
      }
      const times = {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      };
      const markets = await store.request(scope, times);
      if (markets === 0) {
        process.stdout.write("No market has trades there, or the interval is not stored.\n");
        process.exitCode = 1;
        return;
      }
      await followRebuild(source, store, { isAlone, signal: this.stopping.signal });
    });
    process.exit();
  }

  @Option({ flags: "--market <market>", description: "such as binance:BTCUSDT; else all" })
  parseMarket(market: string): string {
    if (readMarket(market) !== undefined) return market;
    const rule = `--market must be venue:symbol, such as binance:BTCUSDT, not ${JSON.stringify(market)}`;
    throw new ConfigError([marketFault(rule, market)]);
  }

  @Option({ flags: "--interval <interval>", description: "such as 5m; else all that are stored" })
  parseInterval(text: string): Interval {
    if (isInterval(text)) return text;
    throw new ConfigError([
      `--interval must be one of ${INTERVALS.join(", ")}, not ${JSON.stringify(text)}`,
    ]);
  }

  @Option({
    flags: "--from <time>",
    description: "exchange time, inclusive: 2024-01-01, 2024-01-01T12:00Z or epoch ms",
  })
  parseFrom(text: string): number {
    return moment("--from", text);
  }

  @Option({ flags: "--to <time>", description: "exclusive" })
  parseTo(text: string): number {
    return moment("--to", text);
  }

  @Option({ flags: "--cancel", description: "end the building of these candles" })
  parseCancel(): boolean {
    return true;
  }
}
