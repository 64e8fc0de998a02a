import type { PoolClient } from "pg";
import type { Interval } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import { RebuildRun } from "../../src/persistence/rebuild/rebuild-run.js";
import { StoredIntervals } from "../../src/persistence/stores/stored-intervals.js";
import { UnbuiltStore } from "../../src/persistence/stores/unbuilt-store.js";
import { type Tape, confirmed, openTape } from "../support/tape.js";

const never = new AbortController().signal;
/** A Sunday, the last day of its week. */
export const START = Date.UTC(2024, 0, 28);

export interface CandleVersion {
  interval: Interval;
  open_time: string;
  version: number;
  revision: number;
}

/** A store whose intervals change. */
export class IntervalScene {
  readonly intervals: StoredIntervals;
  readonly unbuilt: UnbuiltStore;
  private serial = 0;

  private constructor(readonly tape: Tape) {
    this.intervals = new StoredIntervals(tape.source);
    this.unbuilt = new UnbuiltStore(tape.source);
  }

  /** @param intervals by comma; all without it */
  static async open(intervals?: string): Promise<IntervalScene> {
    return new IntervalScene(await openTape(intervals));
  }

  close(): Promise<void> {
    return this.tape.close();
  }

  /** A market that nobody else uses. */
  market(): string {
    return `binance:S${this.serial++}`;
  }

  async record(...trades: Trade[]): Promise<void> {
    const { refusals } = await this.tape.recorder().recorder.record(confirmed(trades), never);
    expect(refusals).toEqual([]);
  }

  /** Builds up to `passes` steps of each market and interval. */
  async build(passes = Infinity): Promise<void> {
    const runner = this.tape.source.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      const run = new RebuildRun(client, () => undefined, Infinity);
      let left = await this.unbuilt.left();
      for (let pass = 0; pass < passes && left.length > 0; pass++) {
        if (!(await run.pass(left, never))) return;
        left = await this.unbuilt.left();
      }
    } finally {
      await runner.release();
    }
  }

  /** Every candle that anyone can see. */
  versions(market: string): Promise<CandleVersion[]> {
    return this.tape.source.query(
      `SELECT c.interval, c.open_time, c.version, c.revision FROM candle c JOIN market m ON m.id = c.market_id
       WHERE m.name = $1 ORDER BY c.interval, c.open_time`,
      [market],
    );
  }
}

/** One for the suite that calls this; `opened` is called with it before the first test. */
export function sceneForSuite(opened: (scene: IntervalScene) => void): void {
  let scene: IntervalScene;
  beforeAll(async () => {
    scene = await IntervalScene.open();
    opened(scene);
  });
  afterAll(() => scene.close());
}
