import { TapelineError } from "../../domain/tapeline-error.js";
import type { Trade } from "../../domain/trade.js";
import type { HistoryLoader } from "../../persistence/merge/history-loader.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import type { TradePage } from "../../venues/venue.js";
import { type BackfillJob, type Counted, NOTHING } from "./backfill-job.js";
import { dayOf } from "./backfill-plan.js";
import type { FileLoad } from "./file-load.js";
import type { RestHistory } from "./rest-history.js";

/** The job's place is stored after this many trades, or after this time. */
const STEP_TRADES = 5_000;
const STEP_MS = 1_000;

/** Loads trades from a venue's REST into topic `trades.bulk`. */
export class RestLoad {
  /** Lower ids were sent; the last page of a day may reach into the next. */
  private end = 0n;

  constructor(
    private readonly job: BackfillJob,
    private readonly history: RestHistory,
    private readonly transport: Transport,
    private readonly bulk: HistoryLoader,
  ) {}

  /** Why its trades are not available over REST, for a person; undefined when they are. */
  get obstacle(): string | undefined {
    const { repair } = this.job.venue;
    return repair.kind === "none" ? repair.reason : undefined;
  }

  /** Loads from the job's place to `to`. */
  async forwards(to: number): Promise<void> {
    const { job } = this;
    const sender = new BulkSender(this.transport, job.signal);
    let pending = NOTHING;
    let newest = job.reached;
    let since = performance.now();
    let firstDay = to;
    for await (const page of this.history.forwards(job.reached, to)) {
      const fresh = page.trades.filter(({ ord }) => BigInt(ord) >= this.end);
      pending = await this.send(sender, page, fresh, pending);
      const [first, last] = [page.trades[0], fresh.at(-1)];
      if (last !== undefined) this.end = BigInt(last.ord) + 1n;
      if (first !== undefined && first.time >= to) firstDay = dayOf(first.time);
      newest = Math.min(to, page.trades.at(-1)?.time ?? newest);
      if (pending.read < STEP_TRADES && performance.now() - since < STEP_MS) continue;
      await sender.finish();
      await job.advance(newest, pending);
      pending = NOTHING;
      since = performance.now();
    }
    await sender.finish();
    // Skips days before the venue's first trade, unless files may hold more.
    const hasFiles = job.bulk !== undefined;
    const reached = hasFiles ? to : Math.min(job.work.to, Math.max(to, firstDay));
    await job.advance(reached, pending);
  }

  /** Loads a whole day before the retention horizon. */
  async loadDroppedDay(files: FileLoad, to: number): Promise<void> {
    const from = this.job.reached;
    await files.loadDroppedDay(() => this.tradesOf(from, to), to);
  }

  /** Loads the whole job, from its end to its beginning. */
  async backwards(): Promise<void> {
    const { job, history } = this;
    const { from, to } = job.work;
    // Includes the lowest one again: without an older trade, it shows how far back the venue goes.
    const id = job.lowestId === null ? await history.idAfter(to) : BigInt(job.lowestId) + 1n;
    const sender = new BulkSender(this.transport, job.signal);
    let oldest = to;
    for await (const page of history.backwards(id, { from, to })) {
      const [first] = page.trades;
      if (first === undefined) break;
      const wanted = page.trades.filter(({ time }) => time >= from);
      const counted = await this.send(sender, page, wanted);
      await sender.finish();
      oldest = first.time;
      await job.descend(first, counted);
    }
    if (oldest > from) await this.noteEnd(from, oldest);
  }

  /** For a venue that serves the newest trades only. */
  async newest(): Promise<void> {
    const { job } = this;
    const { from, to } = job.work;
    const sender = new BulkSender(this.transport, job.signal);
    let oldest = to;
    let counted = NOTHING;
    for await (const page of this.history.forwards(from, to)) {
      const wanted = page.trades.filter(({ time }) => time >= job.reached);
      counted = await this.send(sender, page, wanted, counted);
      oldest = wanted.reduce((lowest, { time }) => Math.min(lowest, time), oldest);
    }
    await sender.finish();
    if (oldest > job.reached) await this.noteEnd(job.reached, oldest);
    await job.advance(to, counted);
  }

  /** Closes the candles that end before `clock` (epoch ms), without waiting for the next trade. */
  async prove(clock: number): Promise<void> {
    const { job } = this;
    const sender = new BulkSender(this.transport, job.signal);
    sender.add({ market: job.work.market, clock });
    await sender.finish();
  }

  /** Sends the wanted trades of a page; resolves to the counts including them. */
  private async send(
    sender: BulkSender,
    page: TradePage,
    wanted: readonly Trade[],
    { read, stored } = NOTHING,
  ): Promise<Counted> {
    await this.check(page);
    const held = await this.bulk.countStored(this.job.work.market, wanted);
    for (const trade of wanted) sender.add(trade);
    return {
      read: read + wanted.length,
      stored: stored + wanted.length - held,
    };
  }

  private async *tradesOf(from: number, to: number): AsyncGenerator<Trade[]> {
    for await (const page of this.history.forwards(from, to)) {
      await this.check(page);
      yield page.trades;
    }
  }

  private async check({ trades, refused }: TradePage): Promise<void> {
    const { kind, work, venue } = this.job;
    const [first] = trades;
    if (first !== undefined && first.kind !== kind)
      throw new TapelineError(
        "backfill_impossible",
        `${work.market} holds ${kind} trades, and the REST of ${venue.name} serves ${first.kind} ones`,
      );
    if (refused[0] !== undefined)
      await this.job.note(
        `${venue.name} returns trades that are refused, the first: ${refused[0].detail}`,
      );
  }

  private noteEnd(from: number, oldest: number): Promise<void> {
    const { job } = this;
    const { repair, name } = job.venue;
    const reach = repair.kind === "by id" ? repair.reach : "none";
    const text = `nothing before ${new Date(oldest).toISOString()}: ${name} serves ${reach}`;
    // Where it serves all, the market is that young.
    const isAll = repair.kind === "by id" && repair.isAll === true;
    return isAll ? job.note(text) : job.miss(from, oldest, text);
  }
}
