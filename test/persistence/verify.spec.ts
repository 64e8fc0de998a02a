import type { TapeRecord } from "../../src/domain/trade.js";
import { type MarketVerdict, verify } from "../../src/persistence/merge/verify.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:V";
const INTERVALS = ["1m", "5m"] as const;
let tape: Tape;
tapeForEachTest(INTERVALS.join(","), (opened) => {
  tape = opened;
});

async function record(...records: TapeRecord[]): Promise<void> {
  const { refusals } = await tape.recorder().recorder.record(records, never);
  expect(refusals).toEqual([]);
}

async function verdict(): Promise<MarketVerdict> {
  const verdicts = [];
  for await (const each of verify(tape.source)) verdicts.push(each);
  expect(verdicts).toHaveLength(1);
  return verdicts[0] as MarketVerdict;
}

/** Two minutes of all kinds of trades, in the batches that are worst for a merge. */
async function recordAll(): Promise<void> {
  const sparse = { ids: "sparse" } as const;
  await record(
    trade(M, 1, NOON + 500, { ...sparse, ord: "9", price: "101", takerSide: "sell" }),
    trade(M, 2, NOON + MINUTE, { ...sparse, ord: "1", price: "107" }),
  );
  await record(
    // Earlier in time, later by ord; later in time, earlier by ord.
    trade(M, 3, NOON + 100, { ...sparse, ord: "12", price: "103", amount: "2" }),
    trade(M, 4, NOON + 900, { ...sparse, ord: "3", price: "102" }),
    // One time: by ord. One ord, too: by price.
    trade(M, 5, NOON + 900, { ...sparse, ord: "4", price: "99" }),
    trade(M, 6, NOON + 900, { ...sparse, ord: "4", price: "98" }),
    trade(M, 7, NOON + 50, { ...sparse, ord: "1", price: "1", offBook: true }),
    trade(M, 8, NOON + 2 * MINUTE - 1, {
      ...sparse,
      ord: "2",
      price: "105",
      kind: "raw",
      takerSide: "unknown",
    }),
  );
}

it("finds nothing wrong with the candles of any trades, whatever their order", async () => {
  await recordAll();
  const [minute] = await tape.candles.page({ market: M, interval: "1m", start: NOON, limit: 1 });
  expect(minute).toMatchObject({ open: "103", close: "99", low: "98", high: "103", trades: 5 });
  expect(await verdict()).toMatchObject({
    market: M,
    candles: 3,
    trades: "8",
    differences: 0,
    examples: [],
  });
});

it("finds nothing wrong with aggregated trades of consecutive ids", async () => {
  const aggregated = { kind: "aggregated" } as const;
  await record(
    trade(M, 10, NOON, { ...aggregated, count: 3, price: "5" }),
    trade(M, 13, NOON + 1, { ...aggregated, count: 4, price: "7" }),
  );
  expect(await verdict()).toMatchObject({
    candles: 2,
    trades: "7",
    differences: 0,
    uncoveredIds: "0",
  });
});

it("takes a candle for open while the clock is in it, to its last ms", async () => {
  await record(trade(M, 1, NOON), { market: M, clock: NOON + MINUTE - 1 });
  expect((await verdict()).differences).toBe(0);
  await record({ market: M, clock: NOON + MINUTE });
  expect((await verdict()).differences).toBe(0);
  await tape.source.query("UPDATE candle SET closed = NOT closed WHERE interval = '5m'");
  expect((await verdict()).differences).toBe(1);
});

it.each([
  ["open", "1"],
  ["high", "1"],
  ["low", "1"],
  ["close", "1"],
  ["volume", "1"],
  ["quote_volume", "1"],
  ["taker_buy_volume", "1"],
  ["taker_buy_quote_volume", "1"],
  ["price_sum", "1"],
  ["trades", "1"],
  ["id_from", "2"],
  ["id_to", "2"],
])("finds a wrong %s, and shows both sides of that candle only", async (column, wrong) => {
  await recordAll();
  await tape.source.query(
    `UPDATE candle SET ${column} = $1 WHERE interval = '5m' AND open_time = $2`,
    [wrong, NOON],
  );
  const { differences, examples } = await verdict();
  expect(differences).toBe(1);
  expect(examples).toHaveLength(1);
  const [{ interval, openTime, expected, stored } = {} as (typeof examples)[0]] = examples;
  expect({ interval, openTime }).toEqual({ interval: "5m", openTime: NOON });
  expect(String(stored?.[column])).toBe(wrong);
  expect({ ...stored, [column]: expected?.[column] }).toEqual(expected);
  expect(expected?.[column]).not.toEqual(stored?.[column]);
});

it("finds a candle that is not there, and one without a trade", async () => {
  await recordAll();
  await tape.source.query("UPDATE candle SET open_time = open_time - 300000 WHERE interval = '5m'");
  const { differences, examples } = await verdict();
  expect(differences).toBe(2);
  expect(examples.map(({ openTime, expected, stored }) => [openTime, !expected, !stored])).toEqual([
    [NOON - 5 * MINUTE, true, false],
    [NOON, false, true],
  ]);
});

it("counts all that differ, and shows the first twenty", async () => {
  await record(
    ...Array.from({ length: 30 }, (_, minute) => trade(M, minute + 1, NOON + minute * MINUTE)),
  );
  await tape.source.query("UPDATE candle SET high = 999 WHERE interval = '1m'");
  const { differences, examples } = await verdict();
  expect(differences).toBe(30);
  expect(examples.map(({ openTime }) => (openTime - NOON) / MINUTE)).toEqual(
    Array.from({ length: 20 }, (_, minute) => minute),
  );
});

it("counts ids that are covered without a trade, and trades that are not covered", async () => {
  await record(trade(M, 1, NOON), trade(M, 2, NOON + 1));
  await tape.source.query("UPDATE market SET covered = '{[1,6)}'");
  expect((await verdict()).uncoveredIds).toBe("3");
  await tape.source.query("UPDATE market SET covered = '{[1,2)}'");
  expect((await verdict()).uncoveredIds).toBe("-1");
});
