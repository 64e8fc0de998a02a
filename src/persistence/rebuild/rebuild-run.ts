import type { PoolClient } from "pg";
import type { Interval } from "../../domain/interval.js";
import { DAY_MS, MINUTE_MS } from "../../domain/units.js";
import { pause } from "../../waiting/pause.js";
import { codeOf } from "../schema/database-errors.js";
import type { Unbuilt } from "../stores/unbuilt-store.js";
import { isOneBucket, narrowerThan, newestPart } from "./rebuild-plan.js";
import { type StepResult, rebuildStep } from "./rebuild-step.js";

/** A step that takes longer is cancelled and tried with half of it: live trades wait for the lock. */
const LIMIT_MS = 60;
/** A single candle has to be made at once. */
const ONE_CANDLE_LIMIT_MS = 30_000;
/** Steps are made longer until they take this long. */
const SHORT_MS = 25;
/** Of market time, at first. */
const FIRST_OF_TRADES_MS = MINUTE_MS;
const FIRST_OF_CANDLES_MS = DAY_MS;
const QUERY_CANCELLED = "57014";
/** Candles that wait to be published, where somebody does. */
export const MAX_ANNOUNCED = 2_000;
const BUSY_PAUSE_MS = 200;
/** As many are published within seconds, where a recorder runs and has its broker. */
const UNPUBLISHED_MS = 30_000;

/** What a step did, for figures and progress. */
export type OnStep = (unbuilt: Unbuilt, result: StepResult) => void;

/**
 * Builds candles of all markets and intervals step by step, the newest first. Between two steps it
 * leaves the market to others for as long as the step took.
 */
export class RebuildRun {
  /** Market time (ms) of the next step, by market and interval. */
  private readonly sizes = new Map<string, number>();

  /** @param maxAnnounced of candles that wait to be published: with more the next step waits */
  constructor(
    private readonly client: PoolClient,
    private readonly onStep: OnStep,
    private maxAnnounced: number,
  ) {}

  /** One step of each; false when none could do anything. */
  async pass(left: readonly Unbuilt[], signal: AbortSignal): Promise<boolean> {
    const horizon = await this.horizon();
    let isAhead = false;
    for (const unbuilt of left) {
      if (signal.aborted) return true;
      await this.waitForAnnouncements(signal);
      const result = await this.step(unbuilt, horizon, signal);
      if (result.outcome !== "waits") isAhead = true;
      this.onStep(unbuilt, result);
      await pause(Math.max(2, Math.min(result.lockedMs, LIMIT_MS)), signal);
    }
    return isAhead;
  }

  private async step(unbuilt: Unbuilt, horizon: number, signal: AbortSignal): Promise<StepResult> {
    const { marketId: market, interval, newest } = unbuilt;
    const key = `${market} ${interval}`;
    for (;;) {
      const size = this.sizes.get(key) ?? firstSize(interval);
      const times = newestPart(interval, newest, size, horizon);
      const isOne = isOneBucket(interval, times);
      try {
        const part = { market, interval, times };
        const result = await rebuildStep(this.client, part, isOne ? ONE_CANDLE_LIMIT_MS : LIMIT_MS);
        if (result.outcome === "split") {
          this.sizes.set(key, 1);
          continue;
        }
        if (result.outcome !== "built") return result;
        const { lockedMs } = result;
        if (lockedMs < SHORT_MS) this.sizes.set(key, size * 2);
        else if (lockedMs > 2 * SHORT_MS) this.sizes.set(key, size / 2);
        return result;
      } catch (error) {
        if (codeOf(error) !== QUERY_CANCELLED || isOne) throw error;
        this.sizes.set(key, Math.min(size, times.to - times.from) / 2);
        await pause(LIMIT_MS, signal);
      }
    }
  }

  private async horizon(): Promise<number> {
    const { rows } = await this.client.query<{ time: string }>("SELECT time FROM horizon");
    return Number(rows[0]?.time ?? 0);
  }

  /**
   * Rebuilt candles must not fill the topic and the sockets faster than they are read. Where nobody
   * publishes any it does not wait for ever.
   */
  private async waitForAnnouncements(signal: AbortSignal): Promise<void> {
    const limit = performance.now() + UNPUBLISHED_MS;
    while (!signal.aborted && this.maxAnnounced !== Infinity) {
      const { rows } = await this.client.query<{ waiting: number }>(
        "SELECT count(*)::integer AS waiting FROM (SELECT FROM announcement LIMIT $1) a",
        [this.maxAnnounced],
      );
      if ((rows[0]?.waiting ?? 0) < this.maxAnnounced) return;
      if (performance.now() > limit) this.maxAnnounced = Infinity;
      await pause(BUSY_PAUSE_MS, signal);
    }
  }
}

function firstSize(interval: Interval): number {
  return narrowerThan(interval).length === 0 ? FIRST_OF_TRADES_MS : FIRST_OF_CANDLES_MS;
}
