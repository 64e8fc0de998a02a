import type { TapeRecord, Trade } from "../../src/domain/trade.js";
import type { RefusedRecord } from "../../src/persistence/recorder/recorder.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const M = "binance:C";
let tape: Tape;
let record: (records: readonly TapeRecord[]) => Promise<RefusedRecord[]>;
let conflicts: () => Promise<number>;
/** That were committed. */
let transactions: () => Promise<number>;
tapeForEachTest("1m,1h", (opened) => {
  tape = opened;
  const { recorder, figures } = tape.recorder();
  record = async (records) => (await recorder.record(records, never)).refusals;
  conflicts = async () => {
    const { values } = await figures.trades.get();
    return values.find(({ labels }) => labels.outcome === "conflict")?.value ?? 0;
  };
  transactions = async () => {
    const { values } = await figures.writeSeconds.get();
    return values.find(({ metricName }) => metricName?.endsWith("_count") === true)?.value ?? 0;
  };
});

const aggregate = (id: number, from: number, count: number, fields: Partial<Trade> = {}): Trade =>
  trade("binance:A", id, NOON, { ord: String(from), count, kind: "aggregated", ...fields });

describe("a trade whose id and time are stored", () => {
  it.each<[string, Partial<Trade>]>([
    ["another price", { price: "101" }],
    ["another amount", { amount: "2" }],
    ["the other side", { takerSide: "sell" }],
    ["all of them", { price: "1.7", amount: "20", takerSide: "sell" }],
    ["another mark of the same stream", { offBook: true }],
  ])("is refused with %s, and both contents are told", async (_, other) => {
    await record([trade(M, 1, NOON)]);
    const batch = [trade(M, 2, NOON + 1), trade(M, 1, NOON, other), trade(M, 3, NOON + 2)];
    const [refusal, ...more] = await record(batch);
    expect(more).toEqual([]);
    expect(refusal).toMatchObject({ index: 1, reason: "content_conflict" });
    const stored = /is stored as (\{.*\})$/.exec(refusal?.detail ?? "")?.[1] ?? "{}";
    expect(JSON.parse(stored)).toEqual({
      price: "100",
      amount: "1",
      count: 1,
      takerSide: "buy",
      offBook: false,
      source: "live",
      receivedAt: NOON,
    });
    expect(await conflicts()).toBe(1);
    expect(await tape.trades.page({ market: M, limit: 9 })).toHaveLength(3);
  });

  it.each<[string, Partial<Trade>]>([
    ["another source and arrival", { source: "repair", receivedAt: NOON + 9 }],
    ["a side that it does not know", { takerSide: "unknown" }],
    ["no mark, from a source without marks", { offBook: true, source: "repair" }],
  ])("is a duplicate with %s, whichever comes first", async (_, other) => {
    await record([trade(M, 1, NOON), trade(M, 2, NOON, other)]);
    expect(await record([trade(M, 1, NOON, other), trade(M, 2, NOON)])).toEqual([]);
    expect(await conflicts()).toBe(0);
  });

  it("is a duplicate with another place in the order, where that is ours", async () => {
    const posted = (ord: string): Trade =>
      trade("desk:C", 1, NOON, { ids: "sparse", id: "a", ord });
    await record([posted("7")]);
    expect(await record([posted("8")])).toEqual([]);
  });

  it("is found in the same batch", async () => {
    const batch = [trade(M, 1, NOON), trade(M, 1, NOON, { price: "7" }), trade(M, 1, NOON)];
    expect(await record(batch)).toMatchObject([{ index: 1, reason: "content_conflict" }]);
  });

  it.each([
    ["fewer ids", aggregate(1, 10, 2)],
    ["more ids", aggregate(1, 10, 4)],
    ["ids of other trades", aggregate(1, 11, 3)],
  ])("is refused as an aggregate of %s", async (_, other) => {
    await record([aggregate(1, 10, 3)]);
    expect(await record([other, aggregate(1, 10, 3)])).toMatchObject([
      { index: 0, reason: "content_conflict" },
    ]);
  });
});

it("writes a batch of thousands of ids of another time in one transaction, after one that fails", async () => {
  const stored = Array.from({ length: 5_000 }, (_, at) => trade(M, 1 + at, NOON + at));
  expect(await record(stored)).toEqual([]);
  const batch = stored.flatMap((one, at) => [
    { ...one, time: one.time + 60_000 },
    trade(M, 5_001 + at, NOON + 5_000 + at),
  ]);
  const before = await transactions();
  const refusals = await record([...batch, ...stored.slice(0, 3)]);
  expect(refusals).toHaveLength(5_000);
  expect(refusals.every(({ index, reason }) => index % 2 === 0 && reason === "id_conflict")).toBe(
    true,
  );
  expect(await tape.trades.page({ market: M, limit: 1 })).toMatchObject([{ id: "10000" }]);
  // Halved until each offender is alone, it would be thousands.
  expect((await transactions()) - before).toBe(1);
});

it("leaves alone a trade beside one that names other ids than it is stored with", async () => {
  await record([aggregate(1, 10, 3), trade(M, 1, NOON)]);
  const batch = [aggregate(1, 11, 3), aggregate(2, 13, 2), trade(M, 1, NOON + 1)];
  const refusals = await record(batch);
  expect(refusals.map(({ index, reason }) => [index, reason])).toEqual([
    [2, "id_conflict"],
    [0, "content_conflict"],
  ]);
  expect(await tape.trades.page({ market: "binance:A", limit: 9 })).toHaveLength(2);
});
