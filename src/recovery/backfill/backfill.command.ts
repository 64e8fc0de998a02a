import { setTimeout as sleep } from "node:timers/promises";
import { Command, CommandRunner, Option } from "nest-commander";
import { Launcher, recordingOnly } from "../../commands/launcher.js";
import { moment } from "../../commands/options.js";
import { type Config, ConfigError, environment } from "../../config/config.js";
import { marketFault, readMarket } from "../../domain/market.js";
import { DAY_MS } from "../../domain/units.js";
import { hasRunningServer, withDatabase } from "../../persistence/shared-database.js";
import {
  type Backfill,
  BackfillStore,
  MAX_SPAN_MS,
  MAX_OPEN,
} from "../../persistence/stores/backfills/backfill-store.js";
import { Venues } from "../../venues/venues.js";
import { pause } from "../../waiting/pause.js";
import { followBackfill } from "./backfill-progress.js";
import { Backfills } from "./backfills.js";

const VENUES = new Venues();
const WITH_HISTORY = VENUES.withHistory.map(({ name }) => name).join(", ");
/** A running server starts the job within a second or two, unless it is busy with another. */
const TAKEN_WITHIN_MS = 3_000;

interface Flags {
  market: string;
  from: number;
  to?: number;
}

type Wanted = Pick<Backfill, "market" | "from" | "to">;

@Command({
  name: "backfill",
  description:
    "Load the history of a market: by the exchange's bulk files where there are some, and by its REST for the rest. Where a server is running, it does the work, and this command shows the progress. Trades that are stored already stay unchanged, so a backfill can be repeated; one that was stopped resumes where it was",
})
export class BackfillCommand extends CommandRunner {
  private readonly stopping = new AbortController();

  constructor(private readonly launcher: Launcher) {
    super();
  }

  async run(_args: string[], flags: Flags): Promise<void> {
    const wanted = checked(flags);
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => this.stopping.abort(new Error(signal)));
    const config = environment();
    // Only one application uses the embedded database: the running server does the job, or this
    // process.
    if (hasRunningServer(config)) await this.inServer(config, wanted);
    else await this.here(config, wanted);
    process.exit();
  }

  private async inServer(config: Config, wanted: Wanted): Promise<void> {
    await withDatabase(config, async (source) => {
      const store = new BackfillStore(source);
      await this.follow(store, await openOrCreate(store, wanted));
    });
  }

  private async here(configured: Config, wanted: Wanted): Promise<void> {
    const config = { ...recordingOnly(configured), backfillJobs: 0 };
    const running = await this.launcher.launch(config);
    try {
      const store = running.get(BackfillStore);
      const backfills = running.get(Backfills);
      const job = await openOrCreate(store, wanted);
      const work =
        config.databaseUrl !== undefined && (await this.isTaken(store, job))
          ? undefined
          : this.work(backfills, job.id);
      await this.follow(store, job);
      await work;
    } finally {
      await running.stop();
    }
  }

  private async isTaken(store: BackfillStore, job: Backfill): Promise<boolean> {
    const limit = performance.now() + TAKEN_WITHIN_MS;
    while (performance.now() < limit && !this.stopping.signal.aborted) {
      if ((await store.find(job.id))?.state !== "waiting") return true;
      await sleep(200);
    }
    return false;
  }

  /** Runs it until it ends: a failed attempt only postpones it. */
  private async work(backfills: Backfills, id: number): Promise<void> {
    const { signal } = this.stopping;
    signal.addEventListener("abort", () => void backfills.stop(), {
      once: true,
    });
    while (!signal.aborted && (await backfills.workWhenDue(id))) await pause(500, signal);
  }

  private async follow(store: BackfillStore, job: Backfill): Promise<void> {
    const ended = await followBackfill(store, job, this.stopping.signal);
    if (ended.state !== "done") process.exitCode = 1;
  }

  @Option({
    flags: "--market <market>",
    description: `what to load, such as binance:BTCUSDT; venues with history: ${WITH_HISTORY}`,
    required: true,
  })
  parseMarket(market: string): string {
    return market;
  }

  @Option({
    flags: "--from <time>",
    description: "exchange time, inclusive: 2024-01-01, 2024-01-01T12:00Z or epoch ms",
    required: true,
  })
  parseFrom(text: string): number {
    return moment("--from", text);
  }

  @Option({
    flags: "--to <time>",
    description: "exclusive; without it, now",
  })
  parseTo(text: string): number {
    return moment("--to", text);
  }
}

function checked({ market, from, to = Date.now() }: Flags): Wanted {
  const name = readMarket(market);
  const venue = VENUES.get(name?.venue ?? "");
  const problems: string[] = [];
  if (name === undefined || venue === undefined)
    problems.push(
      marketFault(
        `--market must be venue:symbol, such as binance:BTCUSDT, with a venue of ${WITH_HISTORY}; not ${JSON.stringify(market)}`,
        market,
      ),
    );
  else if (!venue.symbols.pattern.test(name.symbol))
    problems.push(
      `--market: a symbol of ${venue.name} must be ${venue.symbols.rule}, not ${JSON.stringify(name.symbol)}`,
    );
  else if (!VENUES.withHistory.includes(venue))
    problems.push(
      `--market: ${venue.name} has no history to load${venue.repair.kind === "none" ? `: ${venue.repair.reason}` : ""}`,
    );
  if (to > Date.now()) problems.push("--to must not lie in the future");
  if (from >= to) problems.push("--from must be before --to");
  if (to - from > MAX_SPAN_MS)
    problems.push(`--from must be at most ${MAX_SPAN_MS / DAY_MS} days before --to`);
  if (problems.length > 0) throw new ConfigError(problems);
  return { market, from, to };
}

/** The open job for the same span, or a new one. Throws when too many are open. */
async function openOrCreate(store: BackfillStore, wanted: Wanted): Promise<Backfill> {
  const open = await store.openLike(wanted);
  const job = open ?? (await store.request({ ...wanted, askedBy: "command" }));
  if (job !== undefined) return job;
  throw new Error(
    `${MAX_OPEN} backfills are waiting or running: cancel one by DELETE /api/v1/backfills/{id}, or wait`,
  );
}
