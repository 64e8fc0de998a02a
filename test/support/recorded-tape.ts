import type { Candle } from "../../src/domain/candle.js";
import type { TapeRecord } from "../../src/domain/trade.js";
import { tapeForEachTest } from "./tape-suite.js";
import type { Tape } from "./tape.js";

const never = new AbortController().signal;

/** A tape for each test of the suite that calls this, with one recorder. */
export interface RecordedTape {
  readonly tape: Tape;
  /** Records in one batch; returns the candles that it touched. */
  readonly record: (...records: TapeRecord[]) => Promise<Candle[]>;
  /** A market's first minute from a time (epoch ms) on. */
  readonly minute: (market: string, from: number) => Promise<Candle | undefined>;
}

/** @param prepared what each batch is made before it is recorded */
export function recordedTape(
  prepared: (records: TapeRecord[]) => TapeRecord[] = (records) => records,
): RecordedTape {
  let tape: Tape;
  let recorder: ReturnType<Tape["recorder"]>["recorder"];
  tapeForEachTest("1m,5m", (opened) => {
    tape = opened;
    ({ recorder } = tape.recorder());
  });
  return {
    get tape() {
      return tape;
    },
    record: async (...records) => (await recorder.record(prepared(records), never)).candles,
    minute: async (market, start) =>
      (await tape.candles.page({ market, interval: "1m", start, limit: 1 }))[0],
  };
}
