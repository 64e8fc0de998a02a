import type { Candle } from "../../src/domain/candle.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:V";
let tape: Tape;
let recorder: Recorder;
tapeForEachTest("1m", async (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
  // A trade a second with the second's number as its id; 115–124 are missing, around the end of
  // minute 1.
  await hold(50, 114);
  await hold(125, 130);
});

async function hold(from: number, to: number): Promise<Candle[]> {
  const trades = Array.from({ length: to - from + 1 }, (_, index) =>
    trade(M, from + index, NOON + (from + index) * 1_000),
  );
  return (await recorder.record(trades, never)).candles;
}

/** Makes ids void, by two answers without a trade. */
async function makeVoid(from: number, to: number): Promise<void> {
  await tape.ledger.sweep([M]);
  const [gap] = await tape.ledger.due([M], 0);
  if (gap === undefined) throw new Error("no gap is due");
  const range = { from: BigInt(from), to: BigInt(to + 1) };
  await tape.ledger.absent(gap, [range], 0);
  await tape.ledger.absent(gap, [range], 0);
}

/** Of minutes 1 and 2; the trades of minute 0 are before them. */
async function complete(): Promise<(boolean | null)[]> {
  const page = await tape.candles.page({
    market: M,
    interval: "1m",
    start: NOON + MINUTE,
    limit: 2,
  });
  return page.map((candle) => candle.complete);
}

// A candle beside void ids was complete although trades behind them were missing, which may belong
// to it.
it.each<[string, [number, number], [number, number]]>([
  ["the later part of a hole", [120, 124], [115, 119]],
  ["the earlier part of a hole", [115, 118], [119, 124]],
  ["the middle of a hole", [118, 120], [115, 124]],
])("leaves both neighbours incomplete while only %s is known to be void", async (_, part, rest) => {
  expect(await complete()).toEqual([false, false]);
  await makeVoid(...part);
  expect(await complete()).toEqual([false, false]);
  const touched = await hold(131, 131);
  expect(touched.map((candle) => candle.complete)).toEqual([false]);
  await makeVoid(...rest);
  expect(await complete()).toEqual([true, true]);
});

it("completes and announces both neighbours when the last missing trade beside void ids comes", async () => {
  await makeVoid(119, 124);
  const touched = await hold(115, 118);
  expect(touched.map(({ openTime, complete }) => [(openTime - NOON) / MINUTE, complete])).toEqual([
    [1, true],
    [2, true],
  ]);
  expect(await complete()).toEqual([true, true]);
});

it("stores a trade for a void id", async () => {
  await makeVoid(115, 124);
  await hold(118, 118);
  expect(await complete()).toEqual([true, true]);
});
