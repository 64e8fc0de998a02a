import type { Comparison, Difference, ReconciledDay } from "../../src/domain/reconciliation.js";
import { ComparisonStore } from "../../src/persistence/stores/reconciliation/comparison-store.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { restClient } from "./rest-client.js";

const MARKET = "binance:BTCUSDT";
const OTHER = "kraken:BTC/USD";
/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;
const DAY = 86_400_000;
const MATCH: Comparison = { outcome: "match", fields: [] };
const VOLUME: Comparison = {
  outcome: "differs",
  fields: [
    {
      field: "volume",
      ours: "1",
      theirs: "1.000000000000000001",
      judged: true,
    },
  ],
};

let api: ApiUnderTest;
const { get, problem } = restClient(() => api.url);

/** Minutes from midnight of a day on. */
async function keep(
  market: string,
  day: number,
  comparisons: readonly Comparison[],
  complete = true,
): Promise<void> {
  await api.app.get(ComparisonStore).keep(
    market,
    "1m",
    comparisons.map((comparison, index) => ({
      ...comparison,
      openTime: START + day * DAY + index * MINUTE,
      complete,
      version: 3,
    })),
    new Date(START + 9 * DAY).toISOString(),
  );
}

beforeAll(async () => {
  api = await startApi(await createDatabase(), {
    INTERVALS: "1m,1h",
  });
  await api.record([trade(MARKET, 1, START), trade(OTHER, 1, START)]);
  await keep(MARKET, 0, [MATCH, VOLUME, MATCH, MATCH]);
  await keep(MARKET, 1, [MATCH, VOLUME], false);
  await keep(OTHER, 1, [MATCH, MATCH]);
  // The second comparison.
  await keep(MARKET, 0, [MATCH, VOLUME]);
}, 120_000);

afterAll(async () => {
  await api.close();
});

const ALL = "/api/v1/reconciliation?from=2024-08-09&to=2024-08-12";

describe("matching minutes by day and market", () => {
  it("are listed newest first, then by market", async () => {
    const { body } = await get<ReconciledDay[]>(ALL);
    expect(body).toEqual([
      {
        market: MARKET,
        day: START + DAY,
        compared: 2,
        matched: 1,
        incomplete: 1,
        unjudged: 0,
        matchRatio: 0.5,
      },
      {
        market: OTHER,
        day: START + DAY,
        compared: 2,
        matched: 2,
        incomplete: 0,
        unjudged: 0,
        matchRatio: 1,
      },
      {
        market: MARKET,
        day: START,
        compared: 4,
        matched: 3,
        incomplete: 0,
        unjudged: 0,
        matchRatio: 0.75,
      },
    ]);
  });

  it("are limited to one market, and to days that begin within the range", async () => {
    const days = async (query: string): Promise<unknown[]> =>
      (await get<ReconciledDay[]>(`${ALL}&${query}`)).body.map(({ market, day }) => [
        market,
        (day - START) / DAY,
      ]);
    expect(await days(`market=${encodeURIComponent(OTHER)}`)).toEqual([[OTHER, 1]]);
    const { body } = await get<ReconciledDay[]>(
      "/api/v1/reconciliation?from=2024-08-09T13:00Z&to=2024-08-10",
    );
    expect(body.map(({ day }) => day)).toEqual([START]);
    expect((await get<unknown[]>("/api/v1/reconciliation")).body).toEqual([]);
  });

  it("are available as CSV", async () => {
    const { headers, body } = await get<string>(`${ALL}&format=csv`);
    expect(headers.get("content-type")).toMatch(/^text\/csv/);
    expect(headers.get("content-disposition")).toContain("reconciliation.csv");
    expect(body.split("\r\n").slice(0, 2)).toEqual([
      "market,day,compared,matched,incomplete,unjudged,matchRatio",
      `${MARKET},${START + DAY},2,1,1,0,0.5`,
    ]);
    const accepted = await get<string>(ALL, {
      headers: { accept: "text/csv" },
    });
    expect(accepted.body).toBe(body);
  });

  it.each([
    ["from=2024-08-10&to=2024-08-10", "from"],
    ["from=yesterday", "from"],
    ["format=xml", "format"],
    ["day=1", "day"],
  ])("are refused for %s, naming the parameter", async (query, field) => {
    const { errors } = await problem(`/api/v1/reconciliation?${query}`, 400);
    expect(errors?.map((error) => error.field)).toEqual([field]);
  });

  it("answer 404 for a market that does not exist", async () => {
    const { code } = await problem(`${ALL}&market=binance:NOPE`, 404);
    expect(code).toBe("unknown_market");
  });
});

describe("candles that differ", () => {
  const path = `/api/v1/markets/${MARKET}/reconciliation`;

  it("have both values as exact text", async () => {
    const { body } = await get<Difference[]>(path);
    expect(body).toEqual([
      {
        market: MARKET,
        interval: "1m",
        openTime: START + MINUTE,
        outcome: "differs",
        fields: VOLUME.fields,
        state: "confirmed",
        complete: true,
        version: 3,
        foundAt: expect.any(Number) as number,
        comparedAt: expect.any(Number) as number,
      },
      expect.objectContaining({
        openTime: START + DAY + MINUTE,
        state: "suspected",
        complete: false,
      }) as Difference,
    ]);
  });

  it("are listed by time, state and interval, page by page", async () => {
    const times = async (query: string): Promise<unknown[]> =>
      (await get<Difference[]>(`${path}?${query}`)).body.map(({ openTime }) => openTime);
    const [first, second] = [START + MINUTE, START + DAY + MINUTE];
    expect(await times("state=confirmed")).toEqual([first]);
    expect(await times("limit=1")).toEqual([first]);
    expect(await times(`start=${first + 1}`)).toEqual([second]);
    expect(await times(`end=${second}`)).toEqual([first]);
    expect(await times("interval=1h")).toEqual([]);
  });

  it("are available as CSV, their fields as JSON", async () => {
    const [difference] = (await get<Difference[]>(path)).body;
    const { headers, body } = await get<string>(`${path}?format=csv`);
    expect(headers.get("content-type")).toMatch(/^text\/csv/);
    expect(headers.get("content-disposition")).toContain("reconciliation.csv");
    const [header, first, ...rest] = body.split("\r\n");
    expect(header).toBe(
      "market,interval,openTime,outcome,fields,state,complete,version,foundAt,comparedAt",
    );
    expect(first).toBe(
      `${MARKET},1m,${START + MINUTE},differs,` +
        `"${JSON.stringify(difference?.fields).replaceAll('"', '""')}",` +
        `confirmed,true,3,${difference?.foundAt},${difference?.comparedAt}`,
    );
    expect(rest).toHaveLength(2);
    const accepted = await get<string>(path, {
      headers: { accept: "text/csv" },
    });
    expect(accepted.body).toBe(body);
  });

  it.each([
    ["format=xml", "format"],
    ["interval=5m", "interval"],
    ["state=odd", "state"],
    ["limit=5000", "limit"],
    [`start=${START}&end=${START}`, "start"],
  ])("are refused for %s, naming the parameter", async (query, field) => {
    const { errors } = await problem(`${path}?${query}`, 400);
    expect(errors?.map((error) => error.field)).toEqual([field]);
  });

  it("answer 404 for a market that does not exist", async () => {
    await problem("/api/v1/markets/binance:NOPE/reconciliation", 404);
  });
});
