import { openTimeOf } from "../../src/domain/interval.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { type Row, restClient } from "./rest-client.js";

const MARKET = "binance:BTCUSDT";
/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let api: ApiUnderTest;
const { get } = restClient(() => api.url);

beforeAll(async () => {
  api = await startApi(await createDatabase(), {
    INTERVALS: "1m,5m,1h",
  });
  // Ten minutes of two trades each, ids from 1000; minutes 4 and 5 have none, and ids 1010–1012 are
  // missing.
  const trades = Array.from({ length: 20 }, (_, index) => {
    const minute = Math.floor(index / 2) + (index >= 8 ? 2 : 0);
    return trade(
      MARKET,
      1000 + index + (index >= 10 ? 3 : 0),
      START + minute * MINUTE + (index % 2) * 1_000,
      {
        price: String(100 + index),
        amount: "0.1",
        takerSide: index % 2 === 0 ? "buy" : "sell",
      },
    );
  });
  await api.record(trades);
  await api.record([trade("posted:SPARSE", 1, START, { ids: "sparse" })]);
}, 120_000);

afterAll(async () => {
  await api.close();
});

describe("candles", () => {
  const candles = `/api/v1/markets/${MARKET}/candles`;

  it("gives the newest rows ascending, with every field, decimals as text", async () => {
    const { status, body } = await get<Row[]>(`${candles}?interval=1m&limit=2`);
    expect(status).toBe(200);
    expect(body.map(({ openTime }) => openTime)).toEqual([
      START + 10 * MINUTE,
      START + 11 * MINUTE,
    ]);
    expect(body[0]).toEqual({
      market: MARKET,
      interval: "1m",
      openTime: START + 10 * MINUTE,
      closeTime: START + 11 * MINUTE - 1,
      open: "116",
      high: "117",
      low: "116",
      close: "117",
      volume: "0.2",
      quoteVolume: "23.3",
      takerBuyVolume: "0.1",
      takerBuyQuoteVolume: "11.6",
      trades: 2,
      firstTradeId: "1019",
      lastTradeId: "1020",
      closed: true,
      version: expect.any(Number) as number,
      revision: 0,
      complete: true,
    });
  });

  it("accepts the market with its colon escaped", async () => {
    const { body } = await get<Row[]>(
      `/api/v1/markets/binance%3ABTCUSDT/candles?interval=1m&limit=1`,
    );
    expect(body).toHaveLength(1);
  });

  it("accepts start (inclusive) and end (exclusive) in epoch ms and in ISO 8601", async () => {
    const times = async (query: string): Promise<unknown[]> =>
      (await get<Row[]>(`${candles}?interval=1m&${query}`)).body.map(
        ({ openTime }) => (Number(openTime) - START) / MINUTE,
      );
    expect(await times(`start=${START + MINUTE}&end=${START + 3 * MINUTE}`)).toEqual([1, 2]);
    expect(await times("start=2024-08-09T00:01:00Z&end=2024-08-09T02:03:00%2B02:00")).toEqual([
      1, 2,
    ]);
    expect(await times(`start=${START}&limit=2`)).toEqual([0, 1]);
    expect(await times(`end=${START + 3 * MINUTE}&limit=2`)).toEqual([1, 2]);
    expect(await times(`start=${START + 90 * MINUTE}`)).toEqual([]);
  });

  it("fills minutes that provably had no trade only on request", async () => {
    const range = `interval=1m&start=${START + 3 * MINUTE}&end=${START + 7 * MINUTE}`;
    expect((await get<Row[]>(`${candles}?${range}`)).body).toHaveLength(2);
    const { body } = await get<Row[]>(`${candles}?${range}&fill=previous`);
    expect(body.map(({ open, trades, version }) => [open, trades, version === 0])).toEqual([
      ["106", 2, false],
      ["107", 0, true],
      ["107", 0, true],
      ["108", 2, false],
    ]);
  });

  it("gives CSV on request", async () => {
    const { headers, body } = await get<string>(`${candles}?interval=1m&limit=2`, {
      headers: { accept: "text/csv" },
    });
    expect(headers.get("content-type")).toMatch(/^text\/csv/);
    const [header, first, second, end] = body.split("\r\n");
    expect(header).toMatch(/^market,interval,openTime,closeTime,open,/);
    expect(first).toMatch(
      `${MARKET},1m,${START + 10 * MINUTE},${START + 11 * MINUTE - 1},116,117,116,117,0.2,23.3,`,
    );
    expect(second).toContain(`${START + 11 * MINUTE}`);
    expect(end).toBe("");
  });

  it("answers 304 until a candle changes", async () => {
    const path = `${candles}?interval=1m`;
    const { headers } = await get(path);
    const known = {
      headers: { "if-none-match": headers.get("etag") as string },
    };
    expect((await get(path, known)).status).toBe(304);
    expect((await get(path, { headers: { ...known.headers, accept: "text/csv" } })).status).toBe(
      200,
    );
    await api.record([trade(MARKET, 1023, START + 11 * MINUTE + 2_000, { price: "130" })]);
    const { status, body } = await get<Row[]>(path, known);
    expect({ status, close: body.at(-1)?.["close"] }).toEqual({
      status: 200,
      close: "130",
    });
  });
});

describe("trades, ticker, gaps and markets", () => {
  it("pages trades by id, oldest first", async () => {
    const path = `/api/v1/markets/${MARKET}/trades`;
    expect((await get<Row[]>(`${path}?fromId=1008&limit=3`)).body.map(({ id }) => id)).toEqual([
      "1008",
      "1009",
      "1013",
    ]);
    expect(
      (await get<Row[]>(`${path}?start=${START}&end=${START + MINUTE}`)).body.map(({ id }) => id),
    ).toEqual(["1000", "1001"]);
    const newest = (await get<Row[]>(`${path}?limit=1`)).body[0];
    expect(newest).toMatchObject({
      market: MARKET,
      amount: "1",
      time: START + 11 * MINUTE + 2_000,
      takerSide: "buy",
    });
    const { body } = await get<string>(`${path}?limit=1`, {
      headers: { accept: "text/csv" },
    });
    expect(body).toMatch(/^market,id,ord,.*\r\nbinance:BTCUSDT,1023,1023,/);
  });

  it("gives the last price and the figures of the last day", async () => {
    const { body } = await get(`/api/v1/markets/${MARKET}/ticker`);
    expect(body).toEqual({
      market: MARKET,
      last: "130",
      open: "100",
      high: "130",
      low: "100",
      volume: "3",
      // Σ (100 … 119) × 0.1 + 130 × 1
      quoteVolume: "349",
      change: "30",
      changePercent: "30.00",
      trades: 21,
      // Minutes 6 to 10 have two each.
      tradesPerMinute: 2,
      complete: false,
      openTime: openTimeOf("1m", START + 11 * MINUTE) - 1_439 * MINUTE,
      closeTime: START + 12 * MINUTE - 1,
      stale: true,
    });
  });

  it("lists the missing ids and the times around them", async () => {
    const { body } = await get(`/api/v1/markets/${MARKET}/gaps`);
    expect(body).toEqual([
      {
        fromId: "1010",
        toId: "1012",
        ids: "3",
        afterTime: START + 6 * MINUTE + 1_000,
        beforeTime: START + 7 * MINUTE,
        state: "open",
        filled: null,
        voided: null,
        reason: null,
        foundAt: null,
        endedAt: null,
        attempts: 0,
      },
    ]);
    for (const state of ["repaired", "void", "unrepairable", "repairing"])
      expect((await get(`/api/v1/markets/${MARKET}/gaps?state=${state}`)).body).toEqual([]);
    expect((await get(`/api/v1/markets/${MARKET}/gaps?state=open`)).body).toHaveLength(1);
    expect((await get(`/api/v1/markets/${MARKET}/gaps?after=1012`)).body).toEqual([]);
    expect((await get(`/api/v1/markets/posted:SPARSE/gaps`)).body).toEqual([]);
  });

  it("lists the markets and gives one of them", async () => {
    const { body } = await get<Row[]>("/api/v1/markets");
    expect(body.map(({ market }) => market)).toEqual([MARKET, "posted:SPARSE"]);
    const one = await get<Row>(`/api/v1/markets/${MARKET}`);
    expect(one.body).toEqual(body[0]);
    expect(one.body).toMatchObject({
      trades: 21,
      coverage: {
        ranges: 2,
        from: "1000",
        to: "1023",
        held: "21",
        missing: "3",
      },
    });
  });

  it("states what is running and why", async () => {
    const { body } = await get<Row>("/api/v1/status");
    expect(body).toMatchObject({
      mode: { database: "server", transport: "in-process" },
      simulated: false,
      notice: null,
      intervals: ["1m", "5m", "1h"],
    });
    expect(body["epoch"]).toEqual(expect.any(String));
  });
});
