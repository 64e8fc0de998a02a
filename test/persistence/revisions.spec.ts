import type { Candle } from "../../src/domain/candle.js";
import { TRADED_FIELDS } from "../../src/domain/revision.js";
import { TRADE_SOURCES, type TapeRecord } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import {
  type CandleRevision,
  RevisionStore,
} from "../../src/persistence/stores/candles/revision-store.js";
import { batches, random, shuffled } from "../support/random.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, confirmed, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:C";
let tape: Tape;
let revisions: RevisionStore;
let writer: ReturnType<Tape["recorder"]>;
tapeForEachTest("1m,5m,1h", (opened) => {
  tape = opened;
  revisions = new RevisionStore(tape.source);
  writer = tape.recorder();
});

async function record(...records: TapeRecord[]): Promise<void> {
  const { refusals } = await writer.recorder.record(confirmed(records), never);
  expect(refusals).toEqual([]);
}
const history = async (
  openTime: number,
  page: { after?: string; limit?: number } = {},
  market = M,
): Promise<CandleRevision[] | undefined> =>
  revisions.page({ market, interval: "1m", openTime, limit: 100, ...page });
const counted = async (): Promise<Record<string, number>> => {
  const { values } = await writer.figures.revisions.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.reason), value]));
};

it("has the sources in the order of the database's enumeration, which numbers the bits of a revision", async () => {
  const [{ sources }] = await tape.source.query<[{ sources: string[] }]>(
    `SELECT enum_range(NULL::trade_source)::text[] AS sources`,
  );
  expect(sources).toEqual([...TRADE_SOURCES]);
});

it("records what a late trade changed, when and why", async () => {
  await record(trade(M, 1, NOON, { price: "100", amount: "2" }), trade(M, 4, NOON + MINUTE));
  expect(await history(NOON)).toEqual([]);
  const before = Date.now();
  await record(
    trade(M, 2, NOON + 5, {
      price: "99.50",
      amount: "0.5",
      takerSide: "sell",
    }),
  );
  const [first, ...others] = (await history(NOON)) ?? [];
  expect(others).toEqual([]);
  expect(first).toEqual({
    revision: 1,
    at: expect.any(Number) as number,
    reasons: ["late"],
    sources: ["live"],
    trades: 1,
    changes: [
      { field: "low", before: "100", after: "99.5" },
      { field: "close", before: "100", after: "99.5" },
      { field: "volume", before: "2", after: "2.5" },
      { field: "quoteVolume", before: "200", after: "249.75" },
      { field: "trades", before: "1", after: "2" },
      { field: "lastTradeId", before: "1", after: "2" },
    ],
  });
  expect(first?.at).toBeGreaterThanOrEqual(before - 1_000);
  expect(first?.at).toBeLessThanOrEqual(Date.now() + 1_000);
  expect(await counted()).toEqual({ late: 1 });
});

it("creates no revision for an open candle, for its closing, or for a trade that comes twice", async () => {
  await record(trade(M, 1, NOON));
  await record(trade(M, 2, NOON + 1));
  await record({ market: M, clock: NOON + MINUTE });
  await record(trade(M, 2, NOON + 1), trade(M, 1, NOON));
  expect(await history(NOON)).toEqual([]);
  expect(await counted()).toEqual({});
});

it("creates no revision for trades of a candle's last millisecond, which does not end it", async () => {
  await record(trade(M, 1, NOON), trade(M, 2, NOON + MINUTE - 1));
  await record(trade(M, 3, NOON + MINUTE - 1));
  expect(await history(NOON)).toEqual([]);
  await record(trade(M, 5, NOON + MINUTE));
  await record(trade(M, 4, NOON + MINUTE - 1));
  const [revision, ...others] = (await history(NOON)) ?? [];
  expect(others).toEqual([]);
  expect(revision?.changes).toContainEqual({ field: "trades", before: "3", after: "4" });
  expect(await counted()).toEqual({ late: 1 });
});

it("has no values before a candle that is first created after its end", async () => {
  await record(trade(M, 1, NOON), trade(M, 3, NOON + 2 * MINUTE));
  await record(trade(M, 2, NOON + MINUTE, { source: "repair" }));
  const page = await history(NOON + MINUTE);
  expect(page).toMatchObject([
    { revision: 1, reasons: ["repair"], sources: ["repair"], trades: 1 },
  ]);
  expect(page?.[0]?.changes.map(({ field }) => field)).toEqual([...TRADED_FIELDS]);
  expect(new Set(page?.[0]?.changes.map(({ before }) => before))).toEqual(new Set([null]));
});

it("lists each reason of a revision once, and counts it for each", async () => {
  await record(trade(M, 1, NOON), trade(M, 100, NOON + 10 * MINUTE));
  await record(
    trade(M, 2, NOON + 1, { source: "backfill" }),
    trade(M, 3, NOON + 2, { source: "live" }),
    trade(M, 4, NOON + 3, { source: "repair" }),
    trade(M, 5, NOON + 4, { source: "live" }),
  );
  await record(trade(M, 6, NOON + 5, { source: "replay" }));
  await record(trade(M, 7, NOON + 6, { source: "posted" }));
  await record(trade(M, 8, NOON + 7, { source: "simulated" }));
  expect((await history(NOON))?.map(({ reasons, trades }) => [reasons, trades])).toEqual([
    [["late", "repair", "backfill"], 4],
    [["replay"], 1],
    [["posted"], 1],
    [["late"], 1],
  ]);
  // The candle of 1m and that of 5m; that of 1h is open.
  expect(await counted()).toEqual({
    late: 4,
    repair: 2,
    backfill: 2,
    replay: 2,
    posted: 2,
  });
});

it("leaves ids out where they are not dense", async () => {
  const sparse = { ids: "sparse" } as const;
  const S = "bybit:C";
  await record(trade(S, 5, NOON, sparse), trade(S, 9, NOON + MINUTE, sparse));
  await record(trade(S, 2, NOON + 1, sparse));
  const page = await history(NOON, {}, S);
  expect(page?.[0]?.changes.map(({ field }) => field)).toEqual([
    "volume",
    "quoteVolume",
    "takerBuyVolume",
    "takerBuyQuoteVolume",
    "trades",
  ]);
});

it("pages the newest first, and ascending from a number on", async () => {
  await record(trade(M, 1, NOON), trade(M, 100, NOON + MINUTE));
  for (let id = 2; id <= 6; id++)
    await record(trade(M, id, NOON + id, { price: String(100 + id) }));
  const numbers = async (page: { after?: string; limit?: number }): Promise<number[] | undefined> =>
    (await history(NOON, page))?.map(({ revision }) => revision);
  expect(await numbers({})).toEqual([1, 2, 3, 4, 5]);
  expect(await numbers({ limit: 2 })).toEqual([4, 5]);
  expect(await numbers({ after: "0", limit: 2 })).toEqual([1, 2]);
  expect(await numbers({ after: "2", limit: 2 })).toEqual([3, 4]);
  expect(await numbers({ after: "5" })).toEqual([]);
  expect(await numbers({ after: String(2n ** 62n) })).toEqual([]);
  // The last of a page has its values after, although the next revision is on another page.
  const [, second] = (await history(NOON, { after: "0", limit: 2 })) ?? [];
  expect(second?.changes[0]).toEqual({
    field: "high",
    before: "102",
    after: "103",
  });
  expect(await history(NOON + 7 * MINUTE)).toBeUndefined();
});

it("stores nothing of a batch that is refused", async () => {
  await record(trade(M, 1, NOON), trade(M, 9, NOON + MINUTE));
  const { refusals } = await writer.recorder.record(
    [trade(M, 2, NOON + 1), trade(M, 1, NOON + 2)],
    never,
  );
  expect(refusals).toMatchObject([{ index: 1, reason: "id_conflict" }]);
  expect(await history(NOON)).toMatchObject([{ revision: 1, trades: 1 }]);
  expect(await counted()).toEqual({ late: 1 });
});

it.each([1, 2, 3])("equals a history recorded after every batch (seed %i)", async (seed) => {
  const next = random(seed);
  const all = Array.from({ length: 300 }, (_, index) =>
    trade(M, index + 1, NOON + Math.floor(index * 3_500), {
      price: String(100 + Math.floor(next() * 900) / 100),
      amount: String(1 + Math.floor(next() * 900)),
      takerSide: next() < 0.5 ? "buy" : "sell",
      source: TRADE_SOURCES[Math.floor(next() * 6)] ?? "live",
    }),
  );
  const seen = new Map<string, Candle>();
  const read = async (): Promise<Candle[]> =>
    (
      await Promise.all(
        (["1m", "5m", "1h"] as const).map((interval) =>
          tape.candles.page({ market: M, interval, limit: 1_000 }),
        ),
      )
    ).flat();
  for (const batch of batches(shuffled(all, next), next, 30)) {
    await record(...batch);
    for (const candle of await read())
      if (candle.closed)
        seen.set(`${candle.interval} ${candle.openTime} ${candle.revision}`, candle);
  }
  let compared = 0;
  for (const { interval, openTime, revision, trades } of await read()) {
    const page =
      (await revisions.page({
        market: M,
        interval,
        openTime,
        limit: 1_000,
      })) ?? [];
    expect(page.map((row) => row.revision)).toEqual(
      Array.from({ length: revision }, (_, index) => index + 1),
    );
    for (const row of page) {
      const key = `${interval} ${openTime}`;
      const before = seen.get(`${key} ${row.revision - 1}`);
      const after = seen.get(`${key} ${row.revision}`);
      // Only a candle created after its end has no values before its first revision.
      if (after === undefined || (before === undefined && row.revision > 1))
        throw new Error(`revision ${row.revision} of ${key} was not seen`);
      expect(row.changes).toEqual(changesBetween(before, after));
      expect(row.trades).toBe(after.trades - (before?.trades ?? 0));
      compared++;
    }
    expect(trades).toBeGreaterThan(0);
  }
  expect(compared).toBeGreaterThan(50);
  for await (const verdict of verify(tape.source))
    expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
});

function changesBetween(before: Candle | undefined, after: Candle): unknown[] {
  return TRADED_FIELDS.flatMap((field) => {
    const [then, now] = [before?.[field], after[field]].map((value) =>
      value === undefined ? null : String(value),
    );
    return then === now ? [] : [{ field, before: then, after: now }];
  });
}
