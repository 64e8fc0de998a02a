import pg from "pg";
import type { Candle } from "../../src/domain/candle.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import type { CandleRevision } from "../../src/persistence/stores/candles/revision-store.js";
import { until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { type Row, restClient } from "./rest-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let api: ApiUnderTest;
let url: string;
const { get, problem } = restClient(() => api.url);

beforeAll(async () => {
  url = await createDatabase();
  api = await startApi(url, { INTERVALS: "1m,5m" });
}, 120_000);

afterAll(async () => {
  await api.close();
});

const path = (market: string, openTime: number | string, what: string) =>
  `/api/v1/markets/${market}/candles/${openTime}/${what}?interval=1m`;

async function explain(market: string, openTime = START): Promise<CandleExplanation> {
  const { status, body } = await get<CandleExplanation>(path(market, openTime, "explain"));
  expect(status).toBe(200);
  return body;
}

async function query(sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

describe("explain", () => {
  it("lists the sources of a complete candle's trades, and that they give the same candle", async () => {
    const market = "binance:WHOLE";
    await api.record([
      trade(market, 1, START - 1),
      trade(market, 2, START, { price: "100.5" }),
      trade(market, 3, START + 5, { price: "101", source: "replay" }),
      trade(market, 4, START + MINUTE),
    ]);
    await api.record([trade(market, 5, START + 7, { price: "99" })]);
    const { body: candles } = await get<Candle[]>(
      `/api/v1/markets/${market}/candles?interval=1m&start=${START}&limit=1`,
    );
    const { body: history } = await get<CandleRevision[]>(path(market, START, "history"));
    expect(history).toMatchObject([{ revision: 1, reasons: ["late"] }]);
    expect(await explain(market)).toEqual({
      candle: candles[0],
      firstTrade: trade(market, 2, START, { price: "100.5" }),
      lastTrade: trade(market, 5, START + 7, { price: "99" }),
      droppedBefore: null,
      stored: {
        rows: 3,
        trades: 3,
        aggregatedRows: 0,
        offBookRows: 0,
        offBookTrades: 0,
        sources: [
          { source: "live", rows: 2, trades: 2 },
          { source: "replay", rows: 1, trades: 1 },
        ],
      },
      ids: {
        held: [{ fromId: "1", toId: "5" }],
        void: [],
        gaps: [],
        counts: { held: 1, void: 0, gaps: 0 },
      },
      blind: [],
      revisions: history,
      recomputable: true,
      recomputation: { outcome: "equal", differences: [] },
      reconciliation: null,
    });
  });

  it("counts raw trades of aggregates and prints off the book, and leaves the latter out of the candle", async () => {
    const market = "binance-usdm:MIXED";
    const aggregate = { kind: "aggregated", count: 3 } as const;
    const single = { kind: "aggregated" } as const;
    await api.record([
      trade(market, 10, START, { ...single, offBook: true, price: "1" }),
      trade(market, 11, START + 1, aggregate),
      trade(market, 14, START + 2, {
        ...single,
        price: "102",
        takerSide: "sell",
      }),
      trade(market, 15, START + 3, {
        ...aggregate,
        offBook: true,
        price: "1000",
      }),
    ]);
    const { candle, firstTrade, lastTrade, stored, recomputation } = await explain(market);
    expect(candle).toMatchObject({ trades: 4, firstTradeId: "11" });
    expect(firstTrade?.id).toBe("11");
    expect(lastTrade?.id).toBe("14");
    expect(stored).toMatchObject({
      rows: 4,
      trades: 8,
      aggregatedRows: 2,
      offBookRows: 2,
      offBookTrades: 4,
    });
    expect(recomputation.outcome).toBe("equal");
  });

  it("shows the gaps inside a candle and at its edges, and no other", async () => {
    const market = "binance:HOLES";
    await api.record([
      trade(market, 1, START - MINUTE),
      trade(market, 3, START - 1),
      trade(market, 6, START),
      trade(market, 9, START + 1),
      trade(market, 10, START + 2),
      trade(market, 20, START + MINUTE),
      trade(market, 30, START + 2 * MINUTE),
    ]);
    const { candle, ids } = await explain(market);
    expect(candle.complete).toBe(false);
    expect(ids?.gaps.map(({ fromId, toId }) => [fromId, toId])).toEqual([
      ["4", "5"],
      ["7", "8"],
      ["11", "19"],
    ]);
    expect(ids?.gaps[1]).toMatchObject({
      ids: "2",
      afterTime: START,
      beforeTime: START + 1,
    });
    expect(ids?.held).toEqual([
      { fromId: "6", toId: "6" },
      { fromId: "9", toId: "10" },
    ]);
  });

  it("has no ids where they are not dense", async () => {
    const market = "posted:SPARSE";
    await api.record([trade(market, 1, START, { ids: "sparse" })]);
    const { candle, ids, recomputation } = await explain(market);
    expect(candle.complete).toBeNull();
    expect(ids).toBeNull();
    expect(recomputation.outcome).toBe("equal");
  });

  it("lists the times in which no process followed a market whose ids show no gaps", async () => {
    const market = "bybit:BLIND";
    await api.record([
      trade(market, 1, START, { ids: "sparse" }),
      trade(market, 2, START + MINUTE, { ids: "sparse" }),
    ]);
    const [from, to] = [START + 50_000, START + 55_000];
    await query(
      `UPDATE market SET blind = '{[${from},${to}),[${to + 2 * MINUTE},${to + 3 * MINUTE})}' WHERE name = '${market}'`,
    );
    const first = await explain(market);
    expect(first.candle.complete).toBe(false);
    expect(first.blind).toEqual([{ from, to }]);
    const second = await explain(market, START + MINUTE);
    expect(second.candle.complete).toBeNull();
    expect(second.blind).toEqual([]);
  });

  it("lists the fields that differ when the candle does not match its trades", async () => {
    const market = "binance:WRONG";
    await api.record([trade(market, 1, START)]);
    await query(
      `UPDATE candle SET high = high + 1, trades = 2 FROM market m WHERE m.id = market_id AND m.name = '${market}'`,
    );
    const { recomputation } = await explain(market);
    expect(recomputation).toEqual({
      outcome: "differs",
      differences: [
        { field: "high", stored: "101", recomputed: "100" },
        { field: "trades", stored: "2", recomputed: "1" },
      ],
    });
  });

  it("serves a limited number at once and answers 503 when too many wait", async () => {
    const market = "binance:BUSY";
    await api.record([trade(market, 1, START)]);
    // KnownMarkets queries the database once; after that only the awaited explanations are blocked.
    await explain(market);
    const client = new pg.Client(url);
    await client.connect();
    await client.query("BEGIN; LOCK TABLE horizon IN ACCESS EXCLUSIVE MODE");
    const answers = Array.from({ length: 25 }, () => get<Row>(path(market, START, "explain")));
    let done = 0;
    for (const answer of answers) void answer.then(() => done++);
    await until(() => done >= 3, 30_000);
    expect(done).toBe(3);
    await client.query("COMMIT").finally(() => client.end());
    const ended = await Promise.all(answers);
    const count = (wanted: number): number =>
      ended.filter(({ status }) => status === wanted).length;
    expect([count(200), count(503)]).toEqual([22, 3]);
    const refused = ended.find(({ status }) => status === 503);
    expect(refused?.body).toMatchObject({ code: "busy" });
    expect(refused?.headers.get("retry-after")).toBe("5");
  });
});

describe("both", () => {
  it.each(["explain", "history"])("name what is wrong with a request: %s", async (what) => {
    const market = "binance:ASKED";
    await api.record([trade(market, 1, START)]);
    const faults = async (at: string): Promise<string | undefined> =>
      (await problem(at, 400)).errors?.[0]?.field;
    expect(await faults(path(market, START + 1, what))).toBe("openTime");
    expect(await faults(path(market, "yesterday", what))).toBe("openTime");
    const bare = `/api/v1/markets/${market}/candles/${START}/${what}`;
    expect(await faults(bare)).toBe("interval");
    expect(await faults(`${bare}?interval=1h`)).toBe("interval");
    expect(await faults(`${bare}?interval=1m&x=1`)).toBe("x");
    const absent = await problem(path(market, START + MINUTE, what), 404);
    expect(absent.code).toBe("no_candle");
    const unknown = await problem(path("binance:NOPE", START, what), 404);
    expect(unknown.code).toBe("unknown_market");
    expect((await get(path(market, "2024-08-09", what))).status).toBe(200);
  });
});
