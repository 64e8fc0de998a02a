import type { TapeRecord, Trade } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
let tape: Tape;
let recorder: Recorder;
tapeForEachTest("1m,1h", (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
});

const aggregate = (id: number, from: number, count: number, time = NOON): Trade =>
  trade("binance:A", id, time, {
    ord: String(from),
    count,
    kind: "aggregated",
  });

async function reasons(records: TapeRecord[]): Promise<[number, string][]> {
  const { refusals } = await recorder.record(records, never);
  return refusals
    .map(({ index, reason }): [number, string] => [index, reason])
    .sort(([a], [b]) => a - b);
}

async function expectClean(): Promise<void> {
  for await (const { market, differences, uncoveredIds } of verify(tape.source)) {
    expect({ market, differences, uncoveredIds }).toEqual({
      market,
      differences: 0,
      uncoveredIds: "0",
    });
  }
}

it("refuses an id that is stored under another time, and stores the rest of the batch", async () => {
  await reasons([trade("binance:R", 1, NOON), trade("binance:R", 2, NOON + 1)]);
  const batch = [
    trade("binance:R", 3, NOON + 2),
    trade("binance:R", 2, NOON + 5_000),
    trade("binance:R", 4, NOON + 3),
    trade("binance:Q", 9, NOON),
  ];
  expect(await reasons(batch)).toEqual([[1, "id_conflict"]]);
  expect(
    (await tape.trades.page({ market: "binance:R", limit: 10 })).map(({ id, time }) => [id, time]),
  ).toEqual([
    ["1", NOON],
    ["2", NOON + 1],
    ["3", NOON + 2],
    ["4", NOON + 3],
  ]);
  expect(await tape.trades.page({ market: "binance:Q", limit: 10 })).toHaveLength(1);
  await expectClean();
});

it("refuses the later of two trades of one batch that claim the same id at different times", async () => {
  expect(
    await reasons([
      trade("binance:R", 1, NOON),
      trade("binance:R", 1, NOON + 1),
      trade("binance:R", 2, NOON + 2),
    ]),
  ).toEqual([[1, "id_conflict"]]);
  await expectClean();
});

it("refuses a raw trade inside a stored aggregate as an id conflict, and one beside it as a mismatch of kinds", async () => {
  await reasons([aggregate(1, 100, 5)]);
  expect(
    await reasons([
      aggregate(2, 105, 2),
      trade("binance:A", 102, NOON),
      trade("binance:A", 500, NOON),
    ]),
  ).toEqual([
    [1, "id_conflict"],
    [2, "kind_mismatch"],
  ]);
  await expectClean();
});

it("refuses an aggregate over stored raw trades", async () => {
  await reasons([trade("binance:A", 100, NOON), trade("binance:A", 101, NOON)]);
  expect(await reasons([aggregate(1, 99, 5), trade("binance:A", 102, NOON + 1)])).toEqual([
    [0, "id_conflict"],
  ]);
  await expectClean();
});

it("refuses an aggregate that overlaps another", async () => {
  expect(await reasons([aggregate(1, 100, 5), aggregate(2, 104, 3), aggregate(3, 105, 1)])).toEqual(
    [[1, "id_conflict"]],
  );
  await expectClean();
});

it("finds many offenders among many good ones", async () => {
  const good = Array.from({ length: 500 }, (_, index) =>
    trade("binance:R", 1_000 + index, NOON + index),
  );
  await reasons(good);
  const mixed = Array.from({ length: 200 }, (_, index) =>
    index % 20 === 7
      ? trade("binance:R", 1_000 + index, NOON + 60_000 + index)
      : trade("binance:R", 1_500 + index, NOON + 1_000 + index),
  );
  const refused = await reasons(mixed);
  expect(refused).toEqual(
    mixed.flatMap((_, index) => (index % 20 === 7 ? [[index, "id_conflict"]] : [])),
  );
  await expectClean();
});

it("adds up counts beyond 32 bits", async () => {
  const trades = Array.from({ length: 2_200 }, (_, index) =>
    aggregate(index, 1 + index * 1_000_000, 1_000_000, NOON + index),
  );
  expect(await reasons(trades)).toEqual([]);
  const [candle] = await tape.candles.page({
    market: "binance:A",
    interval: "1h",
    limit: 1,
  });
  expect(candle?.trades).toBe(2_200_000_000);
  expect(candle?.lastTradeId).toBe("2200000000");
  await expectClean();
});

it("keeps the largest prices and amounts exactly", async () => {
  const big = "99999999999999999999.999999999999999999";
  await reasons([
    trade("binance:R", 1, NOON, { price: big, amount: big }),
    trade("binance:R", 2, NOON, {
      price: "0.000000000000000001",
      amount: "0.000000000000000001",
    }),
  ]);
  const [candle] = await tape.candles.page({
    market: "binance:R",
    interval: "1m",
    limit: 1,
  });
  expect(candle?.high).toBe(big);
  expect(candle?.volume).toBe("100000000000000000000");
  expect(candle?.quoteVolume).toBe(
    "9999999999999999999999999999999999999800.000000000000000000000000000000000002",
  );
});

it("stores ids that look like SQL, NULL or arrays as they are", async () => {
  const ids = [
    "NULL",
    "null",
    '"quoted"',
    "{1,2}",
    "a,b",
    "back\\slash",
    "'; DROP TABLE trade; --",
    "ünï",
  ];
  const records = ids.map((id, index) =>
    trade("posted:X", index + 1, NOON + index, { id, ids: "sparse" }),
  );
  expect(await reasons(records)).toEqual([]);
  expect((await tape.trades.page({ market: "posted:X", limit: 20 })).map(({ id }) => id)).toEqual(
    ids,
  );
});

it("refuses an id of a sparse market under another time, in one batch and in two", async () => {
  const posted = (id: string, time: number): Trade =>
    trade("posted:X", time, time, {
      id,
      ids: "sparse",
      receivedAt: NOON + 60_000,
    });
  expect(
    await reasons([posted("a", NOON), posted("a", NOON + 1), posted("b", NOON), posted("a", NOON)]),
  ).toEqual([[1, "id_conflict"]]);
  expect(await reasons([posted("b", NOON + 2), posted("c", NOON)])).toEqual([[0, "id_conflict"]]);
  // Whether it is later or earlier than what is stored: the first that came keeps the id.
  expect(await reasons([posted("a", NOON - 1)])).toEqual([[0, "id_conflict"]]);
  expect(await reasons([posted("d", NOON + 9), posted("d", NOON + 8)])).toEqual([
    [1, "id_conflict"],
  ]);
  expect(
    (await tape.trades.page({ market: "posted:X", limit: 9 })).map(({ id, time }) => [
      id,
      time - NOON,
    ]),
  ).toEqual([
    ["a", 0],
    ["b", 0],
    ["c", 0],
    ["d", 9],
  ]);
});

it("treats a redelivered trade of a sparse market without a time of its own as a duplicate", async () => {
  const stamped = (time: number): Trade =>
    trade("posted:X", time, time, { id: "a", ids: "sparse", receivedAt: time });
  expect(await reasons([stamped(NOON)])).toEqual([]);
  expect(await reasons([stamped(NOON + 5_000)])).toEqual([]);
  expect(await tape.trades.page({ market: "posted:X", limit: 9 })).toHaveLength(1);
  await expectClean();
});

it("reports a stored candle that was changed by hand", async () => {
  await reasons([trade("binance:R", 1, NOON), trade("binance:R", 2, NOON + 60_000)]);
  await tape.source.query(
    `UPDATE candle SET volume = volume + 0.000000000000000001 WHERE interval = '1m' AND open_time = $1`,
    [NOON],
  );
  const verdicts = [];
  for await (const verdict of verify(tape.source)) verdicts.push(verdict);
  expect(verdicts).toMatchObject([
    {
      market: "binance:R",
      differences: 1,
      examples: [{ interval: "1m", openTime: NOON }],
    },
  ]);
});

it("reports a trade that was deleted by hand", async () => {
  await reasons([trade("binance:R", 1, NOON), trade("binance:R", 2, NOON + 60_000)]);
  await tape.source.query(`DELETE FROM trade WHERE id = '1'`);
  const verdicts = [];
  for await (const verdict of verify(tape.source)) verdicts.push(verdict);
  expect(verdicts).toMatchObject([{ differences: 2, uncoveredIds: "1" }]);
});
