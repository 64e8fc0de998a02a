import type { System } from "../../src/api/system/system.js";
import type { Ticker } from "../../src/live/ticker.js";
import type { Sparkline } from "../../src/persistence/stores/candles/sparkline-store.js";
import type { StoredDeadLetter } from "../../src/persistence/stores/dead-letter-store.js";
import { FeedStateStore } from "../../src/persistence/stores/feed-state-store.js";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";
import { until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { type Row, restClient } from "./rest-client.js";

const [A, B, EMPTY] = ["sim:A", "posted:B", "sim:EMPTY"];
/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const HALF_HOUR = 1_800_000;
const DAY = 48 * HALF_HOUR;

let api: ApiUnderTest;
const { get, problem } = restClient(() => api.url);

beforeAll(async () => {
  api = await startApi(await createDatabase(), {
    INTERVALS: "1m,5m,30m,1h",
  });
  // One trade per half hour for 50 of them, ids from 100, each with another price; 110 and 111 are
  // missing.
  const held = Array.from({ length: 50 }, (_, index) => index).filter(
    (index) => index !== 10 && index !== 11,
  );
  await api.record(
    held.map((index) =>
      trade(A, 100 + index, START + index * HALF_HOUR, {
        price: `${1_000 + index}.5`,
      }),
    ),
  );
  await api.record([trade(B, 1, START, { ids: "sparse", price: "0.000000000000000001" })]);
  const feed = {
    market: EMPTY,
    condition: "connecting" as const,
    since: START,
    at: Date.now(),
    detail: "simulated data; making history, 40 %",
    history: 0.4,
    lastTradeAt: null,
    reconnects: 0,
    refused: 0,
    clock: null,
  };
  await api.app.get(FeedStateStore, { strict: false }).save([feed]);
}, 120_000);

afterAll(async () => {
  await api.close();
});

describe("all markets at once", () => {
  it("have the same tickers as each of them alone, by name", async () => {
    let all: Ticker[] = [];
    await until(async () => {
      all = (await get<Ticker[]>("/api/v1/tickers")).body;
      return all.length === 2;
    }, 30_000);
    expect(all.map(({ market }) => market)).toEqual([B, A]);
    for (const ticker of all)
      expect(ticker).toEqual((await get(`/api/v1/markets/${ticker.market}/ticker`)).body);
    expect(all[1]).toMatchObject({ complete: false, tradesPerMinute: 0 });
    expect(all[0]).toMatchObject({ complete: null, tradesPerMinute: 1 });
  });

  it("have the closes of their own last 24 h, which are those of the candles", async () => {
    const { body } = await get<Sparkline[]>("/api/v1/sparklines");
    expect(body.map(({ market }) => market)).toEqual([B, A]);
    const candles = await get<Row[]>(
      `/api/v1/markets/${A}/candles?interval=30m&start=${START + 50 * HALF_HOUR - DAY}`,
    );
    expect(candles.body).toHaveLength(46);
    expect(body[1]).toEqual({
      market: A,
      interval: "30m",
      openTimes: candles.body.map(({ openTime }) => openTime),
      closes: candles.body.map(({ close }) => close),
    });
    expect(body[0]?.closes).toEqual(["0.000000000000000001"]);
  });
});

describe("the system", () => {
  it("lists its consumers, writes, queues, feeds and gaps", async () => {
    let body = (await get<System>("/api/v1/system")).body;
    // Queues are measured periodically.
    await until(async () => {
      body = (await get<System>("/api/v1/system")).body;
      return body.queues.length > 0;
    }, 30_000);
    expect(body.consumers).toEqual(
      ["recorder", "api"].map((group) => ({
        group,
        assigned: true,
        lag: 0,
        lagAt: expect.any(Number) as number,
        queued: 0,
      })),
    );
    expect(body.write).toMatchObject({
      batches: expect.any(Number) as number,
      p99Ms: expect.any(Number) as number,
    });
    expect(body.write?.batches).toBeGreaterThanOrEqual(2);
    expect(body.write?.p50Ms).toBeGreaterThan(0);
    expect(body.queues.map(({ queue }) => queue)).toContain("tapeline.recorder trades");
    expect(body.gaps).toEqual([expect.objectContaining({ market: A, open: 1, missingIds: "2" })]);
    expect(body.feeds).toEqual([
      expect.objectContaining({ market: EMPTY, history: 0.4, lagMs: null }),
    ]);
    expect(body).toMatchObject({
      mode: { database: "server", transport: "in-process" },
      history: { done: 0.4 },
      waiting: "Generating history of the simulated venue, 40 %.",
      deadLetters: { total: 0, newest: [] },
    });
    expect((await get<Row>("/api/v1/status")).body["waiting"]).toBe(body.waiting);
  });

  it("has neither kind of ids nor kind of trades for a market without a trade", async () => {
    const { body } = await get<MarketSummary[]>("/api/v1/markets");
    expect(body.map(({ market, ids, kind, trades }) => [market, ids, kind, trades])).toEqual([
      [B, "sparse", "raw", 1],
      [A, "dense", "raw", 48],
      [EMPTY, null, null, 0],
    ]);
  });

  it("lists records that could not be stored, newest first, with the reason", async () => {
    // The same id at another time, twice as many as the system page shows.
    for (let index = 0; index < 24; index++)
      await api.record([trade(A, 120, START + 21 * HALF_HOUR + index, { price: "5" })]);
    const letters = await get<StoredDeadLetter[]>("/api/v1/dead-letters");
    expect(letters.body).toHaveLength(24);
    const [newest] = letters.body;
    expect(newest).toMatchObject({
      reason: "id_conflict",
      topic: "trades",
      key: A,
      detail: expect.stringContaining("id 120 of sim:A belongs to another trade") as string,
    });
    expect(Math.abs(Date.now() - (newest?.at ?? 0))).toBeLessThan(60_000);
    expect(JSON.parse(newest?.payload ?? "")).toMatchObject({
      id: "120",
      time: START + 21 * HALF_HOUR + 23,
    });
    const page = async (query: string): Promise<string[]> =>
      (await get<StoredDeadLetter[]>(`/api/v1/dead-letters?${query}`)).body.map(({ id }) => id);
    const first = await page("limit=10");
    const second = await page(`limit=1000&before=${first.at(-1)}`);
    expect([...first, ...second]).toEqual(letters.body.map(({ id }) => id));

    const { deadLetters } = (await get<System>("/api/v1/system")).body;
    expect(deadLetters.total).toBe(24);
    expect(deadLetters.newest).toHaveLength(20);
    expect(deadLetters.newest[0]).toEqual({
      id: newest?.id,
      reason: newest?.reason,
      detail: newest?.detail,
      topic: newest?.topic,
      key: newest?.key,
      at: newest?.at,
    });
  });

  it("refuses an impossible page", async () => {
    expect((await problem("/api/v1/dead-letters?before=x", 400)).detail).toMatch(
      /before must be an integer/,
    );
    await problem("/api/v1/dead-letters?limit=1001", 400);
    await problem("/api/v1/system?page=2", 400);
  });
});

describe("a process that does not store the half hour", () => {
  it("draws its sparklines from the longest interval below", async () => {
    const other = await startApi(await createDatabase(), {
      INTERVALS: "1m,15m,1h",
    });
    try {
      await other.record([trade(A, 1, START), trade(A, 2, START + 3_600_000)]);
      const answer = await fetch(`${other.url}/api/v1/sparklines`);
      expect(await answer.json()).toEqual([
        {
          market: A,
          interval: "15m",
          openTimes: [START, START + 3_600_000],
          closes: ["100", "100"],
        },
      ]);
    } finally {
      await other.close();
    }
  });
});
