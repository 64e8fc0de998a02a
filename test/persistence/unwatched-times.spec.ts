import type { Candle } from "../../src/domain/candle.js";
import type { FeedCondition, FeedState } from "../../src/domain/feed-state.js";
import type { TapeRecord } from "../../src/domain/trade.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
let tape: Tape;
let recorder: Recorder;
tapeForEachTest("1m,5m", (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
});

async function record(...records: TapeRecord[]): Promise<Candle[]> {
  return (await recorder.record(records, never)).candles;
}

describe("a market with sparse ids", () => {
  const S = "bybit:S";
  const state = (condition: FeedCondition, at: number, lastTradeAt = at): FeedState => ({
    market: S,
    condition,
    since: at,
    at: NOON + at,
    detail: null,
    history: null,
    lastTradeAt: NOON + lastTradeAt,
    reconnects: 0,
    refused: 0,
    clock: null,
  });
  const followed = async (...states: FeedState[]): Promise<void> => {
    await tape.unwatchedTimes.note(states);
    await tape.feeds.save(states);
  };
  const sparse = (id: string, time: number) =>
    trade(S, id.length, NOON + time, { id, ids: "sparse" });
  const completeness = async (): Promise<(boolean | null)[]> => {
    const page = { market: S, interval: "1m", start: 0, limit: 10 } as const;
    return (await tape.candles.page(page)).map(({ complete }) => complete);
  };

  it("has incomplete candles where its feed was interrupted", async () => {
    await record(sparse("a", 1_000), sparse("b", 61_000), sparse("c", 181_000));
    await followed(state("live", 55_000));
    expect(await completeness()).toEqual([null, null, null]);
    await tape.source.query("DELETE FROM announcement");
    await followed(
      state("down", 70_000, 66_000),
      state("connecting", 90_000, 66_000),
      state("live", 95_000),
    );
    expect(await completeness()).toEqual([null, false, null]);
    const rows: { key: string }[] = await tape.source.query(
      `SELECT interval || ' ' || (open_time - ${NOON}) / ${MINUTE} AS key FROM announcement ORDER BY 1`,
    );
    expect(rows.map(({ key }) => key)).toEqual(["1m 1", "5m 0"]);
    const version = async (): Promise<unknown> =>
      (await tape.candles.exact(S, [{ interval: "5m", openTime: NOON }]))[0]?.version;
    const before = await version();
    // Already unwatched: no new version.
    await followed(state("down", 99_000, 98_000), state("live", 100_000));
    expect(await version()).toBe(before);
    const written = await record(sparse("d", 97_000), sparse("e", 182_000));
    const by = (minute: number): Candle | undefined =>
      written.find(
        ({ interval, openTime }) => interval === "1m" && openTime === NOON + minute * MINUTE,
      );
    expect([by(1)?.complete, by(3)?.complete]).toEqual([false, null]);
  });

  it("was unwatched while no process followed it", async () => {
    await record(sparse("a", 1_000), sparse("b", 178_000));
    await followed(state("live", 2_000));
    await followed(state("connecting", 170_000, 2_000), state("live", 175_000));
    expect(await completeness()).toEqual([false, false]);
    const [row] = await tape.source.query<{ blind: string }[]>(
      "SELECT blind::text FROM market WHERE name = $1",
      [S],
    );
    expect(row?.blind).toBe(`{[${NOON},${NOON + 177_000})}`);
  });

  it("was watched although the clock of its process was set back by an hour", async () => {
    const HOUR = 60 * MINUTE;
    const by = (skewMs: number, at: number): FeedState => ({
      ...state("live", at - skewMs),
      clock: { skewMs, jumps: 0, doubted: 0 },
    });
    await record(sparse("a", 1_000), sparse("b", 61_000));
    await followed(by(0, 0));
    for (const at of [5_000, 10_000]) await followed(by(HOUR, at));
    const [market] = await tape.source.query<[{ blind: string }]>("SELECT blind::text FROM market");
    expect(market.blind).toBe("{}");
    // A real interruption is found in exchange time.
    await followed(by(HOUR, MINUTE));
    const [after] = await tape.source.query<[{ blind: string }]>("SELECT blind::text FROM market");
    expect(after.blind).toBe(`{[${NOON + 8_000},${NOON + MINUTE + 2_000})}`);
  });

  it("gives every candle of an unwatched time a new version, and keeps earlier times", async () => {
    const minutes = [0, 1, 2, 3, 4, 5, 6, 7];
    await record(...minutes.map((minute) => sparse("abcdefgh"[minute]!, minute * MINUTE + 1_000)));
    const announced = async (): Promise<string[]> => {
      const rows: { key: string }[] = await tape.source.query(
        `WITH gone AS (DELETE FROM announcement RETURNING interval, open_time)
         SELECT interval || ' ' || (open_time - ${NOON}) / ${MINUTE} AS key FROM gone ORDER BY 1`,
      );
      return rows.map(({ key }) => key);
    };
    const versions = async (): Promise<number[]> => {
      const page = { market: S, interval: "1m", start: 0, limit: 10 } as const;
      return (await tape.candles.page(page)).map(({ version }) => version);
    };
    await followed(state("live", 100_000));
    await announced();
    const before = await versions();
    await followed(state("live", 200_000));
    expect(await announced()).toEqual(["1m 1", "1m 2", "1m 3", "5m 0"]);
    const raised = (await versions()).map((version, at) => version - (before[at] ?? 0));
    expect(raised).toEqual([0, 1, 1, 1, 0, 0, 0, 0]);
    await followed(state("live", 370_000));
    // From where the earlier time had ended.
    expect(await announced()).toEqual(["1m 4", "1m 5", "1m 6", "5m 5"]);
    expect(await completeness()).toEqual([null, false, false, false, false, false, false, null]);
    const [row] = await tape.source.query<{ blind: string }[]>("SELECT blind::text FROM market");
    expect(row?.blind).toBe(`{[${NOON + 98_000},${NOON + 372_000})}`);
    await followed(state("live", 372_000), state("live", 420_000));
    expect(await announced()).toEqual(["1m 7"]);
    expect(await completeness()).toEqual([null, ...minutes.slice(1).map(() => false)]);
  });
});
