import { TapelineError } from "../../domain/tapeline-error.js";
import type { Trade } from "../../domain/trade.js";
import type { BulkStore } from "../../persistence/merge/bulk-store.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import type { TradePage } from "../../venues/venue.js";
import { type BackfillJob, type Counted, NOTHING } from "./backfill-job.js";
import { dayOf } from "./backfill-plan.js";
import type { FileLoad } from "./file-load.js";
import type { RestHistory } from "./rest-history.js";

/** Trades handed on together, or within this time: then the job's place is noted. */
const STEP = 5_000;
const STEP_MS = 1_000;

/** What a venue's REST tells, to topic `trades.bulk`. */
export class RestLoad {
  /** Ids below were handed on; the last page of a day belongs to the next in part. */
  private end = 0n;

  constructor(
    private readonly job: BackfillJob,
    private readonly history: RestHistory,
    private readonly transport: Transport,
    private readonly bulk: BulkStore,
  ) {}

  /** Why its trades cannot be had over REST, for a person; undefined when they can. */
  get obstacle(): string | undefined {
    const { repair } = this.job.venue;
    return repair.kind === "none" ? repair.reason : undefined;
  }

  /** From where the job is to `to`. */
  async onwards(to: number): Promise<void> {
    const { job } = this;
    const sender = new BulkSender(this.transport, job.signal);
    let waiting = NOTHING;
    let newest = job.reached;
    let since = performance.now();
    let behind = to;
    for await (const page of this.history.onwards(job.reached, to)) {
      const fresh = page.trades.filter(({ ord }) => BigInt(ord) >= this.end);
      waiting = await this.send(sender, page, fresh, waiting);
      const [first, last] = [page.trades[0], fresh.at(-1)];
      if (last !== undefined) this.end = BigInt(last.ord) + 1n;
      if (first !== undefined && first.time >= to) behind = dayOf(first.time);
      newest = Math.min(to, page.trades.at(-1)?.time ?? newest);
      if (waiting.read < STEP && performance.now() - since < STEP_MS) continue;
      await sender.finish();
      await job.advance(newest, waiting);
      waiting = NOTHING;
      since = performance.now();
    }
    await sender.finish();
    // Days before the venue's first trade are passed over; where there are files, they may know more.
    const hasFiles = job.venue.bulk !== undefined;
    const reached = hasFiles ? to : Math.min(job.work.to, Math.max(to, behind));
    await job.advance(reached, waiting);
  }

  /** A whole day that is older than trades are kept. */
  async droppedDay(files: FileLoad, to: number): Promise<void> {
    const from = this.job.reached;
    await files.droppedDay(() => this.tradesOf(from, to), to);
  }

  /** All of the job, from its end to its beginning. */
  async backwards(): Promise<void> {
    const { job, history } = this;
    const { from, to } = job.work;
    // The lowest one again: a venue that has no older trade would leave it unknown how far back it goes.
    const id =
      job.lowestId === null
        ? await history.idBehind(to)
        : BigInt(job.lowestId) + 1n;
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
    if (oldest > from) await this.tellEnd(oldest);
  }

  /** Of a venue that tells the newest trades only. */
  async newest(): Promise<void> {
    const { job } = this;
    const { from, to } = job.work;
    const sender = new BulkSender(this.transport, job.signal);
    let oldest = to;
    let counted = NOTHING;
    for await (const page of this.history.onwards(from, to)) {
      const wanted = page.trades.filter(({ time }) => time >= job.reached);
      counted = await this.send(sender, page, wanted, counted);
      oldest = wanted.reduce(
        (least, { time }) => Math.min(least, time),
        oldest,
      );
    }
    await sender.finish();
    if (oldest > job.reached) await this.tellEnd(oldest);
    await job.advance(to, counted);
  }

  /** Hands on what is wanted of a page; gives the counts with these added. */
  private async send(
    sender: BulkSender,
    page: TradePage,
    wanted: readonly Trade[],
    { read, stored } = NOTHING,
  ): Promise<Counted> {
    await this.check(page);
    const held = await this.bulk.held(this.job.work.market, wanted);
    for (const trade of wanted) sender.add(trade);
    return {
      read: read + wanted.length,
      stored: stored + wanted.length - held,
    };
  }

  private async *tradesOf(from: number, to: number): AsyncGenerator<Trade[]> {
    for await (const page of this.history.onwards(from, to)) {
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
        `${work.market} holds ${kind} trades, and the REST of ${venue.name} tells ${first.kind} ones`,
      );
    if (refused[0] !== undefined)
      await this.job.note(
        `${venue.name} tells trades that cannot be taken, the first: ${refused[0].detail}`,
      );
  }

  private tellEnd(oldest: number): Promise<void> {
    const { repair, name } = this.job.venue;
    const reach = repair.kind === "by id" ? repair.reach : "none";
    return this.job.note(
      `nothing before ${new Date(oldest).toISOString()}: ${name} serves ${reach}`,
    );
  }
}
