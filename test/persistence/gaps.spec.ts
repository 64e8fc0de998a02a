import type { Candle } from "../../src/domain/candle.js";

import { verify } from "../../src/persistence/merge/verify.js";
import type { DueGap } from "../../src/persistence/stores/gaps/gap-ledger-store.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { recordedTape } from "../support/recorded-tape.js";
import { confirmed, trade } from "../support/tape.js";

const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:G";
const recorded = recordedTape(confirmed);
const { record } = recorded;

/** One trade a second from noon on with each of these ids. */
async function hold(...ids: number[]): Promise<void> {
  await record(...ids.map((id) => trade(M, id, NOON + id * 1_000)));
}

const ids = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function gaps(state?: Gap["state"]): Promise<string[]> {
  const page = await recorded.tape.gaps.page(M, {
    limit: 100,
    ...(state === undefined ? {} : { state }),
  });
  return page.map((gap) => `${gap.fromId}-${gap.toId} ${gap.state}`);
}

async function due(): Promise<DueGap> {
  const [gap] = await recorded.tape.ledger.due([M], 0);
  if (gap === undefined) throw new Error("no gap is due");
  return gap;
}

const range = (from: number, to: number) => ({
  from: BigInt(from),
  to: BigInt(to + 1),
});

const minutes = async (): Promise<Candle[]> =>
  recorded.tape.candles.page({ market: M, interval: "1m", start: 0, limit: 10 });

async function announced(): Promise<string[]> {
  const rows: { key: string }[] = await recorded.tape.source.query(
    `SELECT interval || ' ' || (open_time - ${NOON}) / ${MINUTE} AS key FROM announcement ORDER BY 1`,
  );
  return rows.map(({ key }) => key);
}

async function expectVerified(): Promise<void> {
  for await (const verdict of verify(recorded.tape.source))
    expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
}

describe("the ledger of gaps", () => {
  it("records each hole once, with the times around it", async () => {
    await hold(1, 2, 5, 6, 9);
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ found: 2 });
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ found: 0 });
    expect(await gaps()).toEqual(["3-4 open", "7-8 open"]);
    const [first] = await recorded.tape.gaps.page(M, { limit: 1 });
    expect(first).toMatchObject({
      ids: "2",
      afterTime: NOON + 2_000,
      beforeTime: NOON + 5_000,
      reason: null,
      endedAt: null,
      attempts: 0,
    });
    expect(Date.now() - (first?.foundAt ?? 0)).toBeLessThan(20_000);
    expect(await recorded.tape.gaps.figures()).toMatchObject([
      { market: M, open: 2, missingIds: "4" },
    ]);
  });

  it("reports for each sweep how much of a market was found or has ended, and when it was traded", async () => {
    await hold(1, 2, 5, 6, 9);
    const around = { after: NOON + 2_000, before: NOON + 9_000 };
    const both = { market: M, gaps: 2, fromId: "3", toId: "8", ids: "4" };
    expect((await recorded.tape.ledger.sweep([M])).news).toEqual([
      { ...both, ...around, event: "found", trades: "0", seconds: 0 },
    ]);
    await hold(3, 4, 7, 8);
    const seconds = expect.any(Number) as number;
    expect((await recorded.tape.ledger.sweep([M])).news).toEqual([
      { ...both, ...around, event: "repaired", trades: "4", seconds },
    ]);
  });

  it("notes the oldest first of more holes than one sweep may note", async () => {
    const odd = Array.from({ length: 10_002 }, (_, index) => 2 * index + 1);
    await hold(...odd);
    const [first] = (await recorded.tape.ledger.sweep([M])).news;
    expect(first).toMatchObject({ gaps: 10_000, fromId: "2", toId: "20000" });
    expect((await recorded.tape.ledger.sweep([M])).news).toMatchObject([
      { gaps: 1, fromId: "20002" },
    ]);
  });

  it("keeps a gap until its last id is there, also in pieces and out of order", async () => {
    await hold(1, 10);
    await recorded.tape.ledger.sweep([M]);
    await hold(5);
    await hold(2, 3, 9);
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ news: [] });
    expect(await gaps()).toEqual(["4-4 open", "6-8 open"]);
    expect(await recorded.tape.ledger.begin((await due()).id)).toEqual({
      ids: 4n,
      holes: [
        { from: 4n, to: 5n, after: NOON + 3_000, before: NOON + 5_000 },
        { from: 6n, to: 9n, after: NOON + 5_000, before: NOON + 9_000 },
      ],
    });
    expect(await gaps("repairing")).toHaveLength(2);
    await hold(4, 6, 7, 8);
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ repaired: 1 });
    expect(await gaps()).toEqual([]);
    expect(await gaps("repaired")).toEqual(["2-9 repaired"]);
  });

  it("reports the oldest candle as complete when the trades before it come", async () => {
    await hold(70, 71, 72);
    const [before] = await minutes();
    expect(before?.complete).toBeNull();
    const touched = await record(
      ...[58, 59].map((id) => trade(M, id, NOON + id * 1_000)),
      ...ids(60, 69).map((id) => trade(M, id, NOON + 59_000)),
    );
    const after = touched.find(
      ({ interval, openTime }) => interval === "1m" && openTime === NOON + MINUTE,
    );
    expect(after).toMatchObject({
      complete: true,
      version: (before?.version ?? 0) + 1,
    });
  });

  it("records a hole below the oldest id as a new one", async () => {
    await hold(20, 30);
    await recorded.tape.ledger.sweep([M]);
    await hold(10);
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ found: 1 });
    expect(await gaps()).toEqual(["11-19 open", "21-29 open"]);
  });

  it("returns a gap when its next try is due, the oldest of each market first", async () => {
    await hold(1, 3, 5);
    await recorded.tape.ledger.sweep([M]);
    expect(await recorded.tape.ledger.due([M], 60_000)).toEqual([]);
    const first = await due();
    await recorded.tape.ledger.begin(first.id);
    const settled = {
      outcome: "unreachable",
      consecutive: 1,
      nextTryMs: 60_000,
    };
    const away = { ...settled, state: "repairing", reason: "away" } as const;
    await recorded.tape.ledger.settle(first.id, away, 1n);
    const second = await due();
    expect(second.id).not.toBe(first.id);
    const tooOld = { ...away, state: "unrepairable" } as const;
    await recorded.tape.ledger.settle(second.id, tooOld, 1n);
    expect(await recorded.tape.ledger.due([M], 0)).toEqual([]);
    expect(await gaps()).toEqual(["2-2 repairing", "4-4 unrepairable"]);
    expect(await gaps("unrepairable")).toEqual(["4-4 unrepairable"]);
  });
});

describe("ids that the venue has no trade for", () => {
  beforeEach(async () => {
    await hold(...ids(1, 50), ...ids(71, 90), 130);
    await recorded.tape.ledger.sweep([M]);
    await recorded.tape.source.query("DELETE FROM announcement");
  });

  it("are void after the second request, and their candles get a new version that is announced", async () => {
    const before = await minutes();
    expect(before.map(({ complete }) => complete)).toEqual([false, false, false]);
    const gap = await due();
    expect(await recorded.tape.ledger.absent(gap, [range(51, 70)], 0)).toBe(20n);
    expect(await minutes()).toEqual(before);
    expect(await recorded.tape.ledger.absent(gap, [range(51, 70)], 0)).toBe(0n);
    const [, second, third] = await minutes();
    expect(second).toMatchObject({ complete: false, revision: 0 });
    expect(third).toEqual(before[2]);
    const [version] = before.map((candle) => candle.version);
    expect((await minutes())[0]).toMatchObject({
      version: (version ?? 0) + 1,
      revision: 0,
    });
    expect(await announced()).toEqual(["1m 0", "1m 1", "5m 0"]);
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ void: 1 });
    expect(await gaps("void")).toEqual(["51-70 void"]);
    expect(await gaps()).toEqual(["91-129 open"]);
    expect((await recorded.tape.markets.find(M))?.coverage).toMatchObject({
      ranges: 2,
      held: "71",
      missing: "39",
      void: "20",
    });
  });

  it("are told apart from those whose trades came, also when they come after all", async () => {
    const gap = await due();
    for (let time = 0; time < 2; time++) await recorded.tape.ledger.absent(gap, [range(51, 60)], 0);
    await hold(...ids(61, 70));
    await recorded.tape.ledger.sweep([M]);
    const ended = async (state: "repaired" | "void"): Promise<unknown[]> =>
      (await recorded.tape.gaps.page(M, { limit: 9, state })).map(({ state, filled, voided }) => [
        state,
        filled,
        voided,
      ]);
    expect([await ended("repaired"), await ended("void")]).toEqual([
      [["repaired", "10", "10"]],
      [],
    ]);

    const next = await due();
    for (let time = 0; time < 2; time++)
      await recorded.tape.ledger.absent(next, [range(91, 129)], 0);
    await recorded.tape.ledger.sweep([M]);
    expect(await ended("void")).toEqual([["void", "0", "39"]]);
    expect(await recorded.tape.gaps.figures()).toMatchObject([{ repaired: 1, void: 1 }]);
    await hold(100);
    expect([await ended("repaired"), await ended("void")]).toEqual([
      [
        ["repaired", "10", "10"],
        ["repaired", "1", "38"],
      ],
      [],
    ]);
    expect(await recorded.tape.gaps.figures()).toMatchObject([{ repaired: 2, void: 0 }]);
  });

  it("are not void when the second answer comes too soon, or has a trade", async () => {
    const gap = await due();
    await recorded.tape.ledger.absent(gap, [range(51, 70)], 0);
    expect(await recorded.tape.ledger.absent(gap, [range(51, 70)], 60_000)).toBe(20n);
    await hold(60);
    // 61–70 have a trade after all; 60 has come meanwhile.
    expect(await recorded.tape.ledger.absent(gap, [range(51, 60)], 0)).toBe(0n);
    expect(await gaps()).toEqual(["61-70 open", "91-129 open"]);
    await hold(...ids(61, 70));
    expect(await recorded.tape.ledger.sweep([M])).toMatchObject({ repaired: 1 });
    const [row] = await recorded.tape.source.query<unknown[]>(
      "SELECT filled, voided FROM gap WHERE state = 'repaired'",
    );
    expect(row).toEqual({ filled: "11", voided: "9" });
  });

  it("make candles complete, for new writes too", async () => {
    for (const ids of [range(51, 70), range(91, 129)]) {
      const gap = await due();
      await recorded.tape.ledger.absent(gap, [ids], 0);
      await recorded.tape.ledger.absent(gap, [ids], 0);
      await recorded.tape.ledger.sweep([M]);
    }
    expect((await minutes()).map(({ complete }) => complete)).toEqual([null, true, true]);
    const written = await record(trade(M, 131, NOON + 131_000));
    expect(written.map(({ interval, complete }) => [interval, complete]).sort()).toEqual([
      ["1m", true],
      ["5m", null],
    ]);
    await expectVerified();
  });

  it("are stored all the same when a trade comes for one later", async () => {
    const gap = await due();
    await recorded.tape.ledger.absent(gap, [range(51, 70)], 0);
    await recorded.tape.ledger.absent(gap, [range(51, 70)], 0);
    await hold(55);
    const { coverage, trades } = (await recorded.tape.markets.find(M)) ?? {};
    expect(trades).toBe(72);
    expect(coverage).toMatchObject({ ranges: 2, held: "72", void: "19" });
    expect((await minutes())[0]).toMatchObject({ lastTradeId: "55" });
    await expectVerified();
  });
});
