import type { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const NOON = Date.UTC(2024, 0, 2, 12);
let tape: Tape;
let recorder: Recorder;
let figures: RecorderFigures;
tapeForEachTest("1m", (opened) => {
  tape = opened;
  ({ recorder, figures } = tape.recorder());
});

/*
 * What a process remembers of a database is not there any more when it was replaced by an empty
 * one. Rows of markets that it still believed in would stop the writes; a day's table would refuse
 * the trades as not fitting.
 */
it("stores all trades after the database was replaced by an empty one while it ran", async () => {
  const trades = [
    trade("binance:R", 1, NOON),
    trade("binance:R", 2, NOON + 1),
    trade("binance:Q", 1, NOON),
  ];
  const limit = AbortSignal.timeout(30_000);
  expect((await recorder.record(trades, limit)).refusals).toEqual([]);
  await tape.source.query("TRUNCATE market CASCADE");
  await tape.source.query("DROP TABLE trade_20240102");
  expect((await recorder.record(trades, limit)).refusals).toEqual([]);
  for (const [market, stored] of [
    ["binance:R", 2],
    ["binance:Q", 1],
  ] as const)
    expect(await tape.trades.page({ market, limit: 10 })).toHaveLength(stored);
  // The metric's cause: rows that no longer exist, not a deadlock.
  const { values } = await figures.writeRetries.get();
  expect(values.map(({ labels, value }) => [labels.cause, value])).toEqual([["market_gone", 1]]);
});
