import { readConfig } from "../../src/config/config.js";
import type { Candle } from "../../src/domain/candle.js";
import type { TapeRecord } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { gapTrades } from "../support/recordings.js";
import { recordedTape } from "../support/recorded-tape.js";
import { trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:C";
const recorded = recordedTape();
const { record } = recorded;

const names = (candles: readonly Candle[]): string[] =>
  candles.map(({ interval, openTime }) => `${interval} ${(openTime - NOON) / MINUTE}`).sort();
const minute = (from: number): Promise<Candle | undefined> => recorded.minute(M, from);

it("closes a candle when a second trade passes its end, at revision 0", async () => {
  await record(trade(M, 1, NOON + 100));
  expect(await minute(NOON)).toMatchObject({
    closed: false,
    version: 1,
    revision: 0,
  });
  await record(trade(M, 2, NOON + MINUTE + 1));
  expect(await minute(NOON)).toMatchObject({ closed: false, version: 1 });
  const touched = await record(trade(M, 3, NOON + MINUTE));
  expect(names(touched)).toEqual(["1m 0", "1m 1", "5m 0"]);
  expect(await minute(NOON)).toMatchObject({
    closed: true,
    version: 2,
    revision: 0,
  });
});

it("gives a candle a new version with each batch that changes it, open or closed, and none without", async () => {
  const versionAfter = async (...records: TapeRecord[]): Promise<number | undefined> => {
    await record(...records);
    return (await minute(NOON))?.version;
  };
  const second = trade(M, 2, NOON + 200);
  expect(await versionAfter(trade(M, 1, NOON + 100))).toBe(1);
  expect(await versionAfter(second, trade(M, 3, NOON + 300))).toBe(2);
  expect(await versionAfter(second)).toBe(2);
  expect(await versionAfter({ market: M, clock: NOON + MINUTE })).toBe(3);
  expect(await versionAfter(trade(M, 4, NOON + 400))).toBe(4);
});

it("does not close a candle one millisecond before its end", async () => {
  await record(trade(M, 1, NOON), trade(M, 2, NOON + MINUTE - 1));
  expect(await minute(NOON)).toMatchObject({ closed: false, trades: 2 });
});

it("closes a quiet market by its clock record, and ignores the clock of a market without trades", async () => {
  await record(trade(M, 1, NOON + 100));
  expect(names(await record({ market: M, clock: NOON + MINUTE - 1 }))).toEqual([]);
  expect(
    names(
      await record({ market: M, clock: NOON + MINUTE }, { market: "binance:NEVER", clock: NOON }),
    ),
  ).toEqual(["1m 0"]);
  expect(await minute(NOON)).toMatchObject({ closed: true, revision: 0 });
});

it("is done with a batch of nothing but clock records of markets without trades", async () => {
  expect(await record({ market: "binance:NEVER", clock: NOON })).toEqual([]);
});

it("goes on from the time of a clock record: what comes for an earlier minute is late, and a revision", async () => {
  const { recorder: writer, figures } = recorded.tape.recorder();
  const late = async (): Promise<number> => {
    const { values } = await figures.trades.get();
    return values.find(({ labels }) => labels.outcome === "late")?.value ?? 0;
  };
  await writer.record([trade(M, 1, NOON + 100)], never);
  await writer.record([{ market: M, clock: NOON + MINUTE - 1 }], never);
  await writer.record([trade(M, 2, NOON + 200)], never);
  expect([(await minute(NOON))?.revision, await late()]).toEqual([0, 0]);
  await writer.record([{ market: M, clock: NOON + MINUTE }], never);
  await writer.record([trade(M, 3, NOON + 300), trade(M, 4, NOON + MINUTE)], never);
  expect([(await minute(NOON))?.revision, await late()]).toEqual([1, 1]);
});

it("increments the revision of a closed candle with each late change; one first created after its end starts at revision 1", async () => {
  const clock = { market: M, clock: NOON + 3 * MINUTE };
  await record(trade(M, 10, NOON + MINUTE), trade(M, 14, NOON + 3 * MINUTE), clock);
  expect(await minute(NOON + MINUTE)).toMatchObject({
    closed: true,
    revision: 0,
  });
  await record(trade(M, 11, NOON + MINUTE + 5, { price: "105" }));
  expect(await minute(NOON + MINUTE)).toMatchObject({
    closed: true,
    revision: 1,
    high: "105",
    close: "105",
  });
  await record(trade(M, 12, NOON + 2 * MINUTE));
  expect(await minute(NOON + 2 * MINUTE)).toMatchObject({
    closed: true,
    revision: 1,
  });
});

it("touches the same candles when a batch is delivered again, for trades in the last 500 ms of a bucket too", async () => {
  const batch = [
    trade(M, 1, NOON + MINUTE - 500),
    trade(M, 2, NOON + MINUTE - 499),
    trade(M, 3, NOON + MINUTE - 1),
    trade(M, 4, NOON + 5 * MINUTE - 1),
  ];
  const first = await record(...batch);
  expect(names(first)).toEqual(["1m 0", "1m 4", "5m 0"]);
  const again = await record(...batch);
  expect(names(again)).toEqual(names(first));
  const byName = (candles: readonly Candle[]): Candle[] =>
    [...candles].sort((a, b) =>
      a.interval + String(a.openTime) < b.interval + String(b.openTime) ? -1 : 1,
    );
  expect(byName(again)).toEqual(byName(first));
});

it("gives the candles beside a hole a new version when it opens and when it ends", async () => {
  await record(
    trade(M, 1, NOON),
    trade(M, 2, NOON + 1),
    trade(M, 3, NOON + MINUTE),
    trade(M, 4, NOON + MINUTE + 1),
  );
  const before = await minute(NOON + MINUTE);
  expect(before).toMatchObject({ complete: true });
  expect(await minute(NOON)).toMatchObject({ complete: null });
  const opened = await record(trade(M, 8, NOON + 2 * MINUTE));
  expect(names(opened)).toContain("1m 1");
  expect(await minute(NOON + MINUTE)).toMatchObject({ complete: false });
  expect(await minute(NOON + 2 * MINUTE)).toMatchObject({ complete: false });
  expect((await minute(NOON + MINUTE))?.version).toBeGreaterThan(before?.version ?? 0);
  const stale = await minute(NOON + 2 * MINUTE);
  const ended = await record(
    trade(M, 5, NOON + MINUTE + 2),
    trade(M, 6, NOON + MINUTE + 3),
    trade(M, 7, NOON + MINUTE + 4),
  );
  expect(names(ended)).toEqual(["1m 1", "1m 2", "5m 0"]);
  expect(await minute(NOON + 2 * MINUTE)).toMatchObject({ complete: true });
  expect((await minute(NOON + 2 * MINUTE))?.version).toBeGreaterThan(stale?.version ?? 0);
  expect(
    ended.find(({ openTime, interval }) => interval === "1m" && openTime === NOON + 2 * MINUTE),
  ).toMatchObject({ complete: true });
});

it("counts off-book prints as covered, so that they are no hole", async () => {
  await record(
    trade(M, 1, NOON),
    trade(M, 2, NOON + 1, { offBook: true, price: "0", amount: "0" }),
    trade(M, 3, NOON + 2),
    trade(M, 4, NOON + MINUTE),
  );
  expect(await minute(NOON)).toMatchObject({
    trades: 2,
    low: "100",
    firstTradeId: "1",
    lastTradeId: "3",
  });
  expect(await minute(NOON + MINUTE)).toMatchObject({ complete: true });
  expect(await recorded.tape.gaps.page(M, { limit: 10 })).toEqual([]);
});

it("fills empty buckets flat only where coverage proves that there was no trade", async () => {
  await record(
    trade(M, 1, NOON, { price: "7" }),
    trade(M, 2, NOON + 3 * MINUTE),
    trade(M, 5, NOON + 5 * MINUTE),
    trade(M, 6, NOON + 6 * MINUTE),
  );
  const filled = await recorded.tape.candles.filled({
    market: M,
    interval: "1m",
    start: NOON,
    limit: 10,
  });
  expect(
    filled.map(({ openTime, trades, close }) => [(openTime - NOON) / MINUTE, trades, close]),
  ).toEqual([
    [0, 1, "7"],
    [1, 0, "7"],
    [2, 0, "7"],
    [3, 1, "100"],
    [5, 1, "100"],
    [6, 1, "100"],
  ]);
  const newest = await recorded.tape.candles.filled({
    market: M,
    interval: "1m",
    end: NOON + 4 * MINUTE,
    limit: 2,
  });
  expect(newest.map(({ openTime }) => (openTime - NOON) / MINUTE)).toEqual([2, 3]);
  const inside = await recorded.tape.candles.filled({
    market: M,
    interval: "1m",
    start: NOON + 1,
    limit: 2,
  });
  expect(inside.map(({ openTime, close }) => [(openTime - NOON) / MINUTE, close])).toEqual([
    [1, "7"],
    [2, "7"],
  ]);
});

it("refuses trades older than the horizon, keeps the candles of dropped days, and stays verifiable", async () => {
  const day = 86_400_000;
  const days = [trade(M, 1, NOON - 2 * day), trade(M, 2, NOON - day), trade(M, 3, NOON)];
  await record(...days, { market: M, clock: NOON });
  const { source, partitions } = recorded.tape;
  const retention = new Retention(readConfig({ RETENTION: "1d" }), source, partitions, 0);
  for (let run = 0; run < 2; run++) await retention.runOnce(NOON + 1);
  expect(await recorded.tape.trades.page({ market: M, start: 0, limit: 10 })).toHaveLength(2);
  expect(await recorded.tape.candles.page({ market: M, interval: "1m", limit: 10 })).toHaveLength(
    3,
  );
  const late = recorded.tape.recorder();
  const { candles } = await late.recorder.record(
    [trade(M, 9, NOON - 2 * day + 5), trade(M, 4, NOON + 1)],
    never,
  );
  expect(names(candles)).toEqual(["1m 0", "5m 0"]);
  expect((await late.figures.trades.get()).values).toContainEqual(
    expect.objectContaining({ labels: { outcome: "expired" }, value: 1 }),
  );
  for await (const verdict of verify(recorded.tape.source))
    expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
});

it("finds every real hole of a recorded feed with its exact ids", async () => {
  const trades = gapTrades();
  const input = trades ?? [1, 2, 3, 7, 8, 20].map((id) => trade("binance:LTCUSDT", id, NOON + id));
  for (let at = 0; at < input.length; at += 20_000) await record(...input.slice(at, at + 20_000));
  const gaps = await recorded.tape.gaps.page("binance:LTCUSDT", { limit: 100 });
  const ids = input.map(({ ord }) => BigInt(ord));
  const expected = ids.flatMap((id, index) => {
    const before = ids[index - 1];
    return before !== undefined && id - before > 1n ? [[String(before + 1n), String(id - 1n)]] : [];
  });
  expect(gaps.map(({ fromId, toId }) => [fromId, toId])).toEqual(expected);
  if (trades !== undefined) {
    expect(gaps).toHaveLength(26);
    expect(gaps.reduce((sum, { ids: count }) => sum + Number(count), 0)).toBe(25_595);
  }
  expect(gaps[0]?.afterTime).toBe(
    input[ids.findIndex((id) => id === BigInt(gaps[0]?.fromId ?? 0) - 1n)]?.time,
  );
});
