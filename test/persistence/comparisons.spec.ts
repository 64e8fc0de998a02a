import { setTimeout as sleep } from "node:timers/promises";
import type { TimeRange } from "../../src/domain/ranges.js";
import type { Difference } from "../../src/domain/reconciliation.js";
import {
  type Compared,
  ComparisonStore,
  type NewState,
} from "../../src/persistence/stores/reconciliation/comparison-store.js";
import { ReconciliationStore } from "../../src/persistence/stores/reconciliation/reconciliation-store.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:K";
const ALL = { from: NOON, to: NOON + 5 * MINUTE };
let tape: Tape;
let store: ComparisonStore;
/** Before all that is compared was read. */
let since: string;

/** Five minutes of a trade each. */
tapeForEachTest("1m", async (opened) => {
  tape = opened;
  store = new ComparisonStore(tape.source);
  const minutes = [0, 1, 2, 3, 4].map((minute) => trade(M, 10 * minute, NOON + minute * MINUTE));
  await record(...minutes, { market: M, clock: ALL.to });
  since = await now();
});

async function record(
  ...records: Parameters<ReturnType<Tape["recorder"]>["recorder"]["record"]>[0][number][]
): Promise<void> {
  await tape.recorder().recorder.record(records, never);
}

async function now(): Promise<string> {
  const [row] = await tape.source.query<[{ at: string }]>("SELECT now()::text AS at");
  return row.at;
}

const wrong = {
  outcome: "differs",
  fields: [{ field: "volume", ours: "1", theirs: "2", judged: true }],
} as const satisfies Partial<Compared>;
const right = { outcome: "match", fields: [] } as const;

async function compare(
  minute: number,
  found: Pick<Compared, "outcome"> & {
    fields: readonly Compared["fields"][number][];
  },
  complete = true,
): Promise<NewState["state"][]> {
  const openTime = NOON + minute * MINUTE;
  const [candle] = await tape.candles.exact(M, [{ interval: "1m", openTime }]);
  const states = await store.keep(
    M,
    "1m",
    [
      {
        ...found,
        fields: [...found.fields],
        openTime,
        complete,
        version: candle?.version ?? 0,
      },
    ],
    since,
  );
  return states.map(({ state }) => state);
}

async function difference(): Promise<Difference> {
  const results = new ReconciliationStore(tape.source);
  const [first] = await results.differences({
    market: M,
    interval: "1m",
    limit: 9,
  });
  if (first === undefined) throw new Error("there is no difference");
  return first;
}

describe("a candle that is not as the venue has it", () => {
  it("is confirmed by the second comparison, and reported when its state changes", async () => {
    expect(await compare(1, wrong)).toEqual(["suspected"]);
    expect(await compare(1, wrong)).toEqual(["confirmed"]);
    expect(await compare(1, wrong)).toEqual([]);
  });

  it("is suspected anew when trades were missing at the first comparison and are no longer", async () => {
    expect(await compare(1, wrong, false)).toEqual(["suspected"]);
    expect(await compare(1, wrong)).toEqual([]);
    expect(await compare(1, wrong)).toEqual(["confirmed"]);
  });

  it("is not judged where only fields of an unknown convention differ", async () => {
    expect(await compare(1, { ...wrong, outcome: "match" })).toEqual(["unjudged"]);
  });

  it("is resolved once, and begins anew when it differs again", async () => {
    await compare(1, wrong);
    await compare(1, wrong);
    const { foundAt } = await difference();
    await sleep(5);
    await compare(1, right);
    const resolved = await difference();
    expect(resolved).toMatchObject({ state: "resolved", foundAt });
    await sleep(5);
    await compare(1, right);
    expect(await difference()).toEqual(resolved);
    expect(await compare(1, wrong)).toEqual(["suspected"]);
    const again = await difference();
    expect(again.foundAt).toBeGreaterThan(foundAt);
    await sleep(5);
    await compare(1, wrong);
    expect(await difference()).toMatchObject({
      state: "confirmed",
      foundAt: again.foundAt,
    });
  });
});

describe("candles that were compared", () => {
  const DAY_LONG_MS = 86_400_000;
  const minute = (index: number): TimeRange => ({
    from: NOON + index * MINUTE,
    to: NOON + (index + 1) * MINUTE,
  });
  /** What is to be compared again once the day's changes after `from` were looked for. */
  async function due(
    from: string,
    times: { recheck?: number; transaction?: number } = {},
  ): Promise<TimeRange[]> {
    await store.reopen(
      M,
      NOON,
      { at: from, ms: 0 },
      {
        recheck: DAY_LONG_MS,
        transaction: 0,
        ...times,
      },
    );
    return store.due(M, "1m", ALL);
  }
  beforeEach(async () => {
    for (let index = 0; index < 5; index++) await compare(index, right);
  });

  it("say nothing of a candle that has changed since, before it is due again", async () => {
    const results = new ReconciliationStore(tape.source);
    const of = (index: number): Promise<unknown> =>
      results.of(M, "1m", NOON + index * MINUTE, tape.source.manager);
    await compare(3, wrong);
    expect([await of(2), await of(3)]).toMatchObject([
      { outcome: "match" },
      { outcome: "differs" },
    ]);
    await record(trade(M, 21, NOON + 2 * MINUTE + 1), trade(M, 31, NOON + 3 * MINUTE + 1));
    expect([await of(2), await of(3)]).toEqual([null, null]);
  });

  it("are compared again when they change", async () => {
    expect(await due(since)).toEqual([]);
    await record(trade(M, 21, NOON + 2 * MINUTE + 1));
    // With the candle behind the hole in the ids, which begins elsewhere now.
    const both = { from: minute(2).from, to: minute(3).to };
    expect(await due(since)).toEqual([both]);
  });

  it("are compared again when they changed in what may have been a transaction under way", async () => {
    expect(await due(since)).toEqual([]);
    expect(await due(since, { transaction: DAY_LONG_MS })).toEqual([ALL]);
  });

  it("are compared a second time some time after a difference was found, and not a third time", async () => {
    await compare(1, wrong);
    const later = await now();
    expect(await due(later)).toEqual([]);
    expect(await due(later, { recheck: 0 })).toEqual([minute(1)]);
    await compare(1, wrong);
    expect(await due(await now(), { recheck: 0 })).toEqual([]);
  });

  it("are compared again when a difference was of another version, unless it is resolved", async () => {
    await compare(1, wrong);
    await record(trade(M, 11, NOON + MINUTE + 1));
    expect(await due(await now())).toEqual([minute(1)]);
    await compare(1, right);
    expect(await due(await now())).toEqual([]);
  });
});
