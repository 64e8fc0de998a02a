import type { Hole } from "../../domain/coverage.js";
import { plural } from "../../domain/plural.js";
import { hasCode } from "../../domain/tapeline-error.js";
import type { Trade } from "../../domain/trade.js";
import type { HistoryLoader, MarketHistoryLoad } from "../../persistence/merge/history-loader.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import { idKindOf } from "../../venues/venue.js";
import type { HoleProof } from "../repair/hole-proof.js";
import type { BackfillJob } from "./backfill-job.js";
import { piecesOf } from "./backfill-pieces.js";
import { dayOf } from "./backfill-plan.js";
import { type BulkFile, BulkTrades, type FileEnd, UnsortedFile } from "./bulk-trades.js";
import { readAhead } from "./read-ahead.js";

/** Trades per transaction: live trades of the market wait for its merge, some 100 ms. */
const PIECE_TRADES = 50_000;
/** Dead letters of one job for trades that contradict stored ones. */
const MAX_TOLD = 100;

/** Loads bulk files straight into the tables. */
export class FileLoad {
  private open: MarketHistoryLoad | undefined;
  /** The file before, if it was read to its end. */
  private before: { to: number; end: FileEnd | undefined } | undefined;
  /** Name of the file that is read by id, since it is not sorted. */
  private sorted: string | undefined;

  constructor(
    private readonly job: BackfillJob,
    private readonly bulk: HistoryLoader,
    private readonly transport: Transport,
    private readonly proof: HoleProof,
  ) {}

  async close(): Promise<void> {
    await this.open?.close();
  }

  /**
   * Loads from the job's place to `to`, or the whole day where it is not kept. Throws
   * `file_refused` at the first wrong line; the trades before it stay stored.
   */
  async load(file: BulkFile, to: number, isKept: boolean): Promise<void> {
    const { job } = this;
    const once = (): Promise<void> => (isKept ? this.loadKept(file, to) : this.loadDropped(file));
    try {
      await once();
    } catch (error) {
      if (!(error instanceof UnsortedFile)) throw error;
      job.doing = `${file.name}, sorting`;
      this.sorted = file.name;
      // What comes later may be older than what has been loaded.
      job.reached = Math.max(job.work.from, file.from);
      await once();
      await job.note(`${file.name} is not sorted by id: it was sorted before it was loaded`);
    }
  }

  private async loadKept(file: BulkFile, to: number): Promise<void> {
    const { job } = this;
    const source = this.tradesOf(file);
    const span = { from: job.reached, to, size: PIECE_TRADES };
    try {
      for await (const piece of readAhead(piecesOf(source.pages(), span)))
        await this.storePiece(piece, to);
    } catch (error) {
      if (!hasCode(error, "horizon_passed")) throw error;
      // The retention horizon has moved past it: the day restarts as one that is not kept.
      await job.advance(dayOf(job.reached));
      return;
    }
    // Before the job's place moves past the file: a resumed job reads the file, and its holes,
    // again.
    await this.noteFindings(source, file.name);
    if (to === file.to) this.before = { to, end: source.fileEnd };
    await job.advance(to);
  }

  /** Loads a whole day before the retention horizon. */
  private async loadDropped(file: BulkFile): Promise<void> {
    const { job } = this;
    let source = this.tradesOf(file);
    let read = 0;
    const load = await this.opened();
    await load.storeDroppedDay(
      () => {
        source = this.tradesOf(file);
        read = 0;
        return counted(ofPeriod(source.pages(), file.to), (count) => (read += count));
      },
      job.advancing(() => ({ reached: file.to, read })),
    );
    job.advanced(file.to, read);
    this.before = { to: file.to, end: source.fileEnd };
    await this.noteFindings(source, file.name);
  }

  /** The same for trades from another source. */
  async loadDroppedDay(read: () => AsyncIterable<readonly Trade[]>, to: number): Promise<void> {
    let count = 0;
    const load = await this.opened();
    await load.storeDroppedDay(
      () => {
        count = 0;
        return counted(ofPeriod(read(), to), (more) => (count += more));
      },
      this.job.advancing(() => ({ reached: to, read: count })),
    );
    this.job.advanced(to, count);
  }

  private async storePiece(piece: readonly Trade[], to: number): Promise<void> {
    const { job } = this;
    const load = await this.opened();
    // Before the job's place moves: a resumed job tells them again rather than never.
    await this.tell(await load.contradictionsOf(piece));
    const reached = Math.min(to, piece.at(-1)?.time ?? to);
    const step = { reached, read: piece.length };
    try {
      await load.storeTrades(
        piece,
        job.advancing(() => step),
      );
      job.advanced(step.reached, step.read);
    } catch (error) {
      if (!hasCode(error, "load_refused")) throw error;
      const held = await this.bulk.countStored(job.work.market, piece);
      await this.throughTopic(piece);
      await job.note(`${error.message}: see the dead letters of ${job.work.market}`);
      const { reached, read } = step;
      await job.advance(reached, { read, stored: read - held });
    }
  }

  /** The first of a job go to the recorder, whose dead letters show both contents. */
  private async tell(contradicting: readonly Trade[]): Promise<void> {
    const { job } = this;
    if (contradicting.length === 0) return;
    await this.throughTopic(contradicting.slice(0, Math.max(0, MAX_TOLD - job.conflicts)));
    await job.conflict(
      contradicting.length,
      `files contradict stored trades, which stay as they are: see the dead letters of ${job.work.market}`,
    );
  }

  /** The recorder stores the valid trades and dead-letters the others. */
  private async throughTopic(piece: readonly Trade[]): Promise<void> {
    const sender = new BulkSender(this.transport, this.job.signal);
    for (const trade of piece) {
      sender.add(trade);
      if (sender.isFull()) await sender.flush();
    }
    await sender.finish();
  }

  private async opened(): Promise<MarketHistoryLoad> {
    const { work, venue, kind, signal } = this.job;
    const first = { market: work.market, ids: idKindOf(venue.ids), kind };
    return (this.open ??= await this.bulk.open(first, signal));
  }

  private tradesOf(file: BulkFile): BulkTrades {
    const { before } = this;
    const end = before?.to === file.from ? before.end : undefined;
    return file.name === this.sorted
      ? new BulkTrades(file, end, (pages) => this.bulk.sorted(pages))
      : new BulkTrades(file, end);
  }

  /** Notes the irregularities of a loaded file in the job's row. */
  private async noteFindings({ found }: BulkTrades, name: string): Promise<void> {
    const { holes, listed, missing, firstHole, repeated } = found;
    if (holes > 0)
      await this.job.note(
        `${name} leaves out ${plural(missing, "id")} in ${plural(holes, "hole")}, the first before ${firstHole}: ${await this.verdict(listed, holes)}`,
      );
    if (repeated > 0) await this.job.note(`${name} repeats ${plural(repeated, "line")}`);
  }

  private async verdict(listed: readonly Hole[], holes: number): Promise<string> {
    const { work, venue, symbol, signal } = this.job;
    const place = { market: work.market, venue, symbol };
    try {
      const left = holes - (await this.proof.settle(place, listed, "backfill", signal));
      return left === 0
        ? `by its candles, ${venue.name} has no trade there`
        : `${left} of them may have trades by the candles of ${venue.name}, and are listed as gaps`;
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      return `they are listed as gaps, since the candles of ${venue.name} cannot be fetched (${error.message})`;
    }
  }
}

async function* ofPeriod(
  pages: AsyncIterable<readonly Trade[]>,
  to: number,
): AsyncGenerator<readonly Trade[]> {
  for await (const page of pages)
    yield page.every(({ time }) => time < to) ? page : page.filter(({ time }) => time < to);
}

async function* counted(
  pages: AsyncIterable<readonly Trade[]>,
  count: (trades: number) => void,
): AsyncGenerator<readonly Trade[]> {
  for await (const page of pages) {
    count(page.length);
    yield page;
  }
}
