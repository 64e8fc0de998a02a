import { DataSource } from "typeorm";
import type { Candle } from "../../src/domain/candle.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import type { CandleRevision } from "../../src/persistence/stores/candles/revision-store.js";
import { ComparisonStore } from "../../src/persistence/stores/reconciliation/comparison-store.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { restClient } from "./rest-client.js";

const DAY = 86_400_000;
const MINUTE = 60_000;
/** 2024-08-08T00:00:00Z and the day after. */
const OLD = Date.UTC(2024, 7, 8);
const KEPT = OLD + DAY;
const DENSE = "binance:KEEP";
const SPARSE = "bybit:KEEP";
const INTERVALS = ["1m", "1d", "1w"] as const;

let api: ApiUnderTest;
const { get } = restClient(() => api.url);

const read = async <T>(path: string): Promise<T> => {
  const { status, body } = await get<T>(path);
  expect(status).toBe(200);
  return body;
};
const all = (market: string): Promise<Candle[][]> =>
  Promise.all(
    INTERVALS.map((interval) =>
      read<Candle[]>(`/api/v1/markets/${market}/candles?interval=${interval}&start=0`),
    ),
  );
const of = <T>(what: string, openTime: number, interval: string, market = DENSE): Promise<T> =>
  read<T>(`/api/v1/markets/${market}/candles/${openTime}/${what}?interval=${interval}`);
const explain = (openTime: number, interval: string, market = DENSE): Promise<CandleExplanation> =>
  of<CandleExplanation>("explain", openTime, interval, market);

beforeAll(async () => {
  api = await startApi(await createDatabase(), {
    INTERVALS: INTERVALS.join(),
  });
  const old = (minute: number, index: number) => OLD + minute * MINUTE + index;
  // Ids 6 and 7 of the old day are missing, and one of its trades is late.
  await api.record([
    trade(DENSE, 1, old(0, 0)),
    trade(DENSE, 2, old(1, 0)),
    trade(DENSE, 4, old(1, 9), { price: "120" }),
    trade(DENSE, 5, old(2, 0)),
    trade(DENSE, 8, old(3, 0)),
    trade(DENSE, 9, KEPT - 1, { price: "90" }),
    trade(DENSE, 10, KEPT, { price: "130" }),
    trade(DENSE, 11, KEPT + MINUTE),
    trade(DENSE, 12, KEPT + 2 * MINUTE),
  ]);
  await api.record([trade(DENSE, 3, old(1, 5), { price: "80" })]);
  await api.record([
    trade(SPARSE, 1, old(0, 0), { ids: "sparse" }),
    trade(SPARSE, 9, KEPT, { ids: "sparse" }),
  ]);
}, 120_000);

afterAll(async () => {
  await api.close();
});

it("drops a day's trades and leaves its candles, their completeness and their history as they were", async () => {
  const before = [await all(DENSE), await all(SPARSE)];
  const story = await of<CandleRevision[]>("history", OLD + MINUTE, "1m");
  expect(story).toMatchObject([{ revision: 1, reasons: ["late"] }]);
  const fields = [{ field: "volume", ours: "3", theirs: "4", judged: true } as const];
  const { version } = (await explain(OLD + MINUTE, "1m")).candle;
  const found = { openTime: OLD + MINUTE, version, complete: true };
  const differs = { ...found, outcome: "differs", fields } as const;
  const since = new Date().toISOString();
  await api.app.get(ComparisonStore).keep(DENSE, "1m", [differs], since);
  const whole = await explain(OLD + MINUTE, "1m");
  expect(whole).toMatchObject({
    candle: { complete: true },
    reconciliation: { outcome: "differs", difference: { fields } },
    recomputable: true,
    recomputation: { outcome: "equal" },
  });
  const gaps = await read<{ fromId: string }[]>(`/api/v1/markets/${DENSE}/gaps`);
  expect(gaps).toMatchObject([{ fromId: "6", toId: "7" }]);

  await api.app.get(Retention).advance(KEPT);

  expect(await read<unknown[]>(`/api/v1/markets/${DENSE}/trades?start=0`)).toHaveLength(3);
  expect([await all(DENSE), await all(SPARSE)]).toEqual(before);
  expect(await of("history", OLD + MINUTE, "1m")).toEqual(story);
  expect(await read(`/api/v1/markets/${DENSE}/gaps`)).toMatchObject([
    { fromId: "6", toId: "7", afterTime: null, beforeTime: null },
  ]);
  // Its coverage does not need the trades.
  expect(await explain(OLD + MINUTE, "1m")).toEqual({
    ...whole,
    firstTrade: null,
    lastTrade: null,
    droppedBefore: KEPT,
    stored: null,
    recomputable: false,
    recomputation: { outcome: "trades_dropped", differences: [] },
  });
  expect((await explain(OLD + 2 * MINUTE, "1m")).ids?.gaps).toMatchObject([
    { fromId: "6", toId: "7", afterTime: null, beforeTime: null },
  ]);
});

it("reports a candle across the horizon as not recomputable, and shows its remaining trades", async () => {
  const { candle, firstTrade, lastTrade, stored, ...rest } = await explain(
    Date.UTC(2024, 7, 5),
    "1w",
  );
  expect(candle).toMatchObject({ trades: 10, low: "80", high: "130" });
  expect([firstTrade, lastTrade?.id]).toEqual([null, "12"]);
  expect(stored).toMatchObject({ rows: 3, trades: 3 });
  expect(rest).toMatchObject({
    droppedBefore: KEPT,
    recomputable: false,
    recomputation: { outcome: "trades_dropped" },
  });
});

it("can recompute a candle of the kept days", async () => {
  for (const [openTime, interval] of [
    [KEPT, "1m"],
    [KEPT, "1d"],
  ] as const)
    expect(await explain(openTime, interval)).toMatchObject({
      droppedBefore: null,
      recomputable: true,
      recomputation: { outcome: "equal" },
    });
  expect(await explain(OLD, "1m", SPARSE)).toMatchObject({
    recomputable: false,
    ids: null,
  });
});

it("rejects and counts a trade of a dropped day, stored or missing, and changes nothing", async () => {
  const before = [await all(DENSE), await all(SPARSE)];
  await api.record([
    trade(DENSE, 3, OLD + MINUTE + 5, { price: "80" }),
    trade(DENSE, 6, OLD + 2 * MINUTE + 20, { source: "repair" }),
    trade(SPARSE, 1, OLD, { ids: "sparse" }),
  ]);
  const { values } = await api.app.get(RecorderFigures).trades.get();
  expect(values.find(({ labels }) => labels.outcome === "expired")?.value).toBe(3);
  expect([await all(DENSE), await all(SPARSE)]).toEqual(before);
  expect(await of("history", OLD + MINUTE, "1m")).toHaveLength(1);
});

it("still revises a candle across the horizon by trades of the kept days", async () => {
  await api.record([trade(DENSE, 14, KEPT + 8 * DAY)]);
  await api.record([trade(DENSE, 13, KEPT + 3 * MINUTE, { price: "200" })]);
  const week = await explain(Date.UTC(2024, 7, 5), "1w");
  expect(week.candle).toMatchObject({ high: "200", trades: 11, revision: 1 });
  expect(week.revisions[0]?.changes).toContainEqual({
    field: "high",
    before: "130",
    after: "200",
  });
});

it("passes verification afterwards", async () => {
  const verdicts = [];
  for await (const verdict of verify(api.app.get(DataSource))) verdicts.push(verdict);
  expect(verdicts).toMatchObject([
    { market: DENSE, differences: 0, uncoveredIds: "0" },
    { market: SPARSE, differences: 0, uncoveredIds: "0" },
  ]);
});
