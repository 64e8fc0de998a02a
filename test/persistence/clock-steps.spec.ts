import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "../../src/config/config.js";
import type { FeedState } from "../../src/domain/feed-state.js";
import { DAY_MS, HOUR_MS } from "../../src/domain/units.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { Announcer } from "../../src/persistence/recorder/announcer.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { BackfillStore } from "../../src/persistence/stores/backfills/backfill-store.js";
import {
  type Compared,
  ComparisonStore,
} from "../../src/persistence/stores/reconciliation/comparison-store.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import { until } from "../support/app.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:S";
let tape: Tape;
tapeForEachTest("1m", (opened) => {
  tape = opened;
});

/** Everything in these columns was dated by a clock that has been set back by an hour since. */
async function setBack(table: string, ...columns: string[]): Promise<void> {
  const changes = columns.map((column) => `${column} = ${column} + interval '1 hour'`);
  await tape.source.query(`UPDATE ${table} SET ${changes.join(", ")}`);
}

/** Trades of these ids, one a second, and the end of their minute. */
async function hold(...ids: number[]): Promise<void> {
  const trades = ids.map((id) => trade(M, id, NOON + id * 1_000));
  await tape.recorder().recorder.record([...trades, { market: M, clock: NOON + MINUTE }], never);
}

describe("a database whose clock is set back by an hour", () => {
  it("has gaps that are due at once, also those whose next try was hours away", async () => {
    await hold(1, 4);
    await tape.ledger.sweep([M]);
    const [gap] = await tape.ledger.due([M], 0);
    const verdict = {
      state: "repairing",
      reason: null,
      outcome: "behind",
      consecutive: 1,
    } as const;
    await tape.ledger.settle(gap?.id ?? "", { ...verdict, nextTryMs: 3 * HOUR_MS }, 2n);
    expect(await tape.ledger.due([M], 0)).toEqual([]);
    await setBack("gap", "found_at", "changed_at", "next_try_at");
    expect(await tape.ledger.due([M], 2_000)).toMatchObject([{ id: gap?.id }]);
    await tape.ledger.settle(gap?.id ?? "", { ...verdict, nextTryMs: 3 * HOUR_MS }, 2n);
    expect(await tape.ledger.due([M], 2_000)).toEqual([]);
  });

  it("has backfills that are due at once", async () => {
    const store = new BackfillStore(tape.source);
    const job = await store.request({ market: M, from: 1, to: 2, askedBy: "api" });
    await setBack("backfill", "asked_at", "changed_at", "next_try_at");
    expect(await store.due(10)).toMatchObject([{ id: job?.id }]);
  });

  it("has its closed candles announced by the next process", async () => {
    await hold(1, 2);
    await setBack("announcement", "at");
    const announcer = new Announcer(
      tape.source,
      new InProcessTransport(),
      tape.candles,
      new RecorderFigures(new Metrics()),
    );
    announcer.start();
    try {
      await until(
        async () => (await tape.source.query<unknown[]>("SELECT FROM announcement")).length === 0,
        20_000,
      );
    } finally {
      await announcer.stop();
    }
  });

  it("has candles compared again that have changed since", async () => {
    const store = new ComparisonStore(tape.source);
    const times = { recheck: HOUR_MS, transaction: 0 };
    const all = { from: NOON, to: NOON + MINUTE };
    await hold(1, 2);
    const compare = async (): Promise<string> => {
      const at = await store.reopen(M, NOON, undefined, times);
      const same: Compared = {
        openTime: NOON,
        outcome: "match",
        fields: [],
        complete: true,
        version: 1,
      };
      await store.keep(M, "1m", [same], at);
      expect(await store.due(M, "1m", all)).toEqual([]);
      return at;
    };
    await compare();
    await setBack("reconciliation", "compared_at");
    await hold(3);
    // A process that begins does not know when the clock was set.
    await store.reopen(M, NOON, undefined, times);
    expect(await store.due(M, "1m", all)).toEqual([all]);

    await tape.source.query("UPDATE reconciliation SET compared_at = now()");
    const at = await compare();
    await sleep(20);
    await hold(4);
    const hourAhead = new Date(new Date(at).getTime() + HOUR_MS).toISOString();
    await store.reopen(M, NOON, { at: hourAhead, ms: 10_000 }, times);
    expect(await store.due(M, "1m", all)).toEqual([all]);
  });
});

describe("a feed whose process has its clock set back", () => {
  const states = async (): Promise<string[]> =>
    (await tape.feeds.all()).map(({ condition }) => condition);
  const state = (at: number, condition: FeedState["condition"]): FeedState => ({
    market: M,
    condition,
    since: at,
    at,
    detail: null,
    history: null,
    lastTradeAt: null,
    reconnects: 0,
    refused: 0,
    clock: null,
  });

  it("has its newest state, also when that says to be older", async () => {
    const now = Date.now();
    await tape.feeds.save([state(now, "live")]);
    await tape.feeds.save([state(now - 5_000, "down")]);
    expect(await states()).toEqual(["live"]);
    await tape.feeds.save([state(now + HOUR_MS, "quiet")]);
    expect(await states()).toEqual(["quiet"]);
    await tape.feeds.save([state(now, "stale")]);
    expect(await states()).toEqual(["stale"]);
    // By the venue's clock, which both know, it is the later one.
    const skewed = (ahead: number, skewMs: number | null, condition: FeedState["condition"]) => ({
      ...state(now + ahead, condition),
      clock: { skewMs, jumps: 0, doubted: 0 },
    });
    await tape.feeds.save([skewed(5_000, 0, "live")]);
    await tape.feeds.save([skewed(10_000 - HOUR_MS, HOUR_MS, "down")]);
    expect(await states()).toEqual(["down"]);
    await tape.feeds.save([skewed(5_000 - HOUR_MS, HOUR_MS, "live")]);
    await tape.feeds.save([skewed(1_000 - HOUR_MS, null, "quiet")]);
    expect(await states()).toEqual(["down"]);
  });
});

describe("what retention drops", () => {
  const DAYS = [0, 1, 2, 3, 4, 5];
  const kept = async (): Promise<number> =>
    (await tape.trades.page({ market: M, start: 0, limit: 10 })).length;
  const retention = (confirmMs: number): Retention =>
    new Retention(readConfig({ RETENTION: "1d" }), tape.source, tape.partitions, confirmMs);
  const last = NOON + 5 * DAY_MS;

  beforeEach(async () => {
    const trades = DAYS.map((day) => trade(M, day, NOON + day * DAY_MS));
    await tape.recorder().recorder.record([...trades, { market: M, clock: last }], never);
  });

  it.each([
    ["a day", DAY_MS],
    ["a year", 366 * DAY_MS],
  ])("goes by the newest market when this machine's clock steps ahead by %s", async (_, step) => {
    await retention(0).runOnce(last + step);
    await retention(0).runOnce(last + step);
    expect(await kept()).toBe(6);
    const one = retention(0);
    await one.runOnce(last + step);
    await one.runOnce(last + step);
    expect(await kept()).toBe(2);
  });

  it("goes by this machine's clock when a market's is ahead", async () => {
    const ahead = { market: M, clock: last + 30 * DAY_MS };
    await tape.recorder().recorder.record([ahead], never);
    const one = retention(0);
    await one.runOnce(last);
    await one.runOnce(last);
    expect(await kept()).toBe(2);
  });

  it("waits for a second look after a jump, and not from one day to the next", async () => {
    const one = retention(300);
    await one.runOnce(last);
    await one.runOnce(last);
    expect(await kept()).toBe(6);
    await sleep(350);
    await one.runOnce(last);
    expect(await kept()).toBe(2);
    const next = trade(M, 6, last + DAY_MS);
    await tape.recorder().recorder.record([next, { market: M, clock: last + DAY_MS }], never);
    await one.runOnce(last + DAY_MS);
    expect(await kept()).toBe(2);
  });
});
