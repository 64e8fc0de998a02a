import { openTimeOf } from "../../src/domain/interval.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { createDatabase, trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";

const MARKET = "binance:BTCUSDT";
/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}
interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  instance: string;
  errors?: { field: string; detail: string; value?: string }[];
}
type Row = Record<string, unknown>;

let postgres: TestPostgres;
let api: ApiUnderTest;

async function get<T = ProblemBody>(
  path: string,
  init: RequestInit = {},
): Promise<Answer<T>> {
  const response = await fetch(api.url + path, init);
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    headers: response.headers,
    body: (type.includes("json") ? JSON.parse(text) : text) as T,
  };
}

/** Fails unless the answer is a problem as RFC 9457 has it. */
async function problem(
  path: string,
  status: number,
  init: RequestInit = {},
): Promise<ProblemBody> {
  const { status: sent, headers, body } = await get(path, init);
  expect({ sent, type: headers.get("content-type") }).toEqual({
    sent: status,
    type: "application/problem+json; charset=utf-8",
  });
  expect(body).toMatchObject({
    type: "about:blank",
    status,
    title: expect.any(String) as string,
    code: expect.stringMatching(/^[a-z_]+$/) as string,
  });
  expect(body.detail.length).toBeGreaterThan(5);
  return body;
}

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApi(await createDatabase(postgres.url), {
    INTERVALS: "1m,5m,1h",
  });
  // Ten minutes of two trades each, id 1000 on; the minutes 4 and 5 have none, and ids 1010–1012 are missing.
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
  await postgres.stop();
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

  it("takes the market with its colon escaped", async () => {
    const { body } = await get<Row[]>(
      `/api/v1/markets/binance%3ABTCUSDT/candles?interval=1m&limit=1`,
    );
    expect(body).toHaveLength(1);
  });

  it("takes start inclusive and end exclusive, in epoch ms and in ISO 8601", async () => {
    const times = async (query: string): Promise<unknown[]> =>
      (await get<Row[]>(`${candles}?interval=1m&${query}`)).body.map(
        ({ openTime }) => (Number(openTime) - START) / MINUTE,
      );
    expect(
      await times(`start=${START + MINUTE}&end=${START + 3 * MINUTE}`),
    ).toEqual([1, 2]);
    expect(
      await times("start=2024-08-09T00:01:00Z&end=2024-08-09T02:03:00%2B02:00"),
    ).toEqual([1, 2]);
    expect(await times(`start=${START}&limit=2`)).toEqual([0, 1]);
    expect(await times(`end=${START + 3 * MINUTE}&limit=2`)).toEqual([1, 2]);
    expect(await times(`start=${START + 90 * MINUTE}`)).toEqual([]);
  });

  it("fills the minutes in which provably nobody traded only when asked", async () => {
    const range = `interval=1m&start=${START + 3 * MINUTE}&end=${START + 7 * MINUTE}`;
    expect((await get<Row[]>(`${candles}?${range}`)).body).toHaveLength(2);
    const { body } = await get<Row[]>(`${candles}?${range}&fill=previous`);
    expect(
      body.map(({ open, trades, version }) => [open, trades, version === 0]),
    ).toEqual([
      ["106", 2, false],
      ["107", 0, true],
      ["107", 0, true],
      ["108", 2, false],
    ]);
  });

  it("gives CSV when it is asked for", async () => {
    const { headers, body } = await get<string>(
      `${candles}?interval=1m&limit=2`,
      { headers: { accept: "text/csv" } },
    );
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
    expect(
      (await get(path, { headers: { ...known.headers, accept: "text/csv" } }))
        .status,
    ).toBe(200);
    await api.record([
      trade(MARKET, 1023, START + 11 * MINUTE + 2_000, { price: "130" }),
    ]);
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
    expect(
      (await get<Row[]>(`${path}?fromId=1008&limit=3`)).body.map(
        ({ id }) => id,
      ),
    ).toEqual(["1008", "1009", "1013"]);
    expect(
      (
        await get<Row[]>(`${path}?start=${START}&end=${START + MINUTE}`)
      ).body.map(({ id }) => id),
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
      openTime: openTimeOf("1m", START + 11 * MINUTE) - 1_439 * MINUTE,
      closeTime: START + 12 * MINUTE - 1,
    });
  });

  it("names the missing ids and the times around them", async () => {
    const { body } = await get(`/api/v1/markets/${MARKET}/gaps`);
    expect(body).toEqual([
      {
        fromId: "1010",
        toId: "1012",
        ids: "3",
        afterTime: START + 6 * MINUTE + 1_000,
        beforeTime: START + 7 * MINUTE,
      },
    ]);
    expect(
      (await get(`/api/v1/markets/${MARKET}/gaps?after=1012`)).body,
    ).toEqual([]);
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

  it("says what is running and why", async () => {
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

describe("errors", () => {
  const candles = `/api/v1/markets/${MARKET}/candles`;

  it.each([
    ["limit=10000", "limit", "must be an integer from 1 to 1000", "10000"],
    ["limit=1001", "limit", "must be an integer from 1 to 1000", "1001"],
    ["limit=0", "limit", "must be an integer from 1 to 1000", "0"],
    ["limit=-1", "limit", "must be an integer from 1 to 1000", "-1"],
    ["limit=1e2", "limit", "must be an integer from 1 to 1000", "1e2"],
    ["limit=", "limit", "must be an integer from 1 to 1000", ""],
    [
      "limit=1&limit=2",
      "limit",
      "must be an integer from 1 to 1000",
      '["1","2"]',
    ],
    ["start=yesterday", "start", "must be epoch ms or ISO 8601", "yesterday"],
    ["end=2024-13-01", "end", "must be epoch ms or ISO 8601", "2024-13-01"],
    ["start=20&end=20", "start", "must be before end (20)", "20"],
    ["fill=next", "fill", "must be previous", "next"],
    [
      "interval=2m",
      "interval",
      "must be one that is stored (1m, 5m, 1h)",
      "2m",
    ],
    [
      "interval=1s",
      "interval",
      "must be one that is stored (1m, 5m, 1h)",
      "1s",
    ],
  ])(
    "refuses ?%s with a 400 that names %s",
    async (query, field, detail, value) => {
      const full = query.startsWith("interval")
        ? query
        : `interval=1m&${query}`;
      const {
        errors,
        detail: summary,
        instance,
      } = await problem(`${candles}?${full}`, 400);
      expect(errors).toEqual([
        { field, detail: expect.stringContaining(detail) as string, value },
      ]);
      expect(summary).toContain(field);
      expect(instance).toBe(`${candles}?${full}`);
    },
  );

  it("refuses a missing interval and an unknown parameter, naming both and what is known", async () => {
    const { errors } = await problem(`${candles}?size=5`, 400);
    expect(errors).toEqual([
      {
        field: "size",
        detail: expect.stringMatching(
          /is not known here; known are .*interval.*limit|known are .*limit.*interval/,
        ) as string,
      },
      { field: "interval", detail: "must be given, such as interval=1m" },
    ]);
    expect(
      (await problem("/api/v1/markets?limit=5", 400)).errors?.[0]?.detail,
    ).toBe("is not known here; this takes no parameters");
    await problem("/api/v1/status?x=1", 400);
    await problem(
      `/api/v1/markets/${MARKET}/trades?fromId=99999999999999999999`,
      400,
    );
    await problem(`/api/v1/markets/${MARKET}/gaps?after=x`, 400);
  });

  it("answers 404 for an unknown market, whatever is asked of it", async () => {
    for (const path of [
      "",
      "/candles?interval=1m",
      "/trades",
      "/ticker",
      "/gaps",
    ]) {
      const { code, detail } = await problem(
        `/api/v1/markets/binance:NOPE${path}`,
        404,
      );
      expect({ code, detail }).toEqual({
        code: "unknown_market",
        detail: expect.stringContaining("binance:NOPE") as string,
      });
    }
    expect(
      (await problem("/api/v1/markets/BTCUSDT/ticker", 404)).detail,
    ).toContain("venue:symbol");
    await problem("/api/v1/markets/x%00y'--/ticker", 404);
  });

  it("answers every other fault with a problem, too", async () => {
    const json = { "content-type": "application/json" };
    expect((await problem("/nothing/here", 404)).code).toBe("not_found");
    await problem("/api/v1/markets", 404, { method: "DELETE" });
    await problem("/api/v1/markets/%E0%A4%A/ticker", 400);
    await problem(`/api/v1/markets/${"x".repeat(500)}/ticker`, 414);
    await problem("/api/v1/markets", 400, {
      method: "POST",
      headers: json,
      body: "{nonsense",
    });
    await problem("/probe", 415, {
      method: "POST",
      headers: { "content-type": "text/strange" },
      body: "x",
    });
    await problem("/probe", 413, {
      method: "POST",
      headers: json,
      body: JSON.stringify("x".repeat(1_100_000)),
    });
  });
});

it("tells nothing of what went wrong inside", async () => {
  const { detail, code } = await problem("/probe/failing", 500);
  expect({ detail, code }).toEqual({
    detail: "The server failed to answer; its log says why.",
    code: "internal_error",
  });
});

describe("safety", () => {
  it("allows its own scripts only, and no other origin", async () => {
    const { headers, body } = await get<string>("/", {
      headers: { origin: "https://evil.example" },
    });
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+';/);
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(body).toContain("<title>Tapeline</title>");
    expect(body.split("\n").length).toBeLessThanOrEqual(150);
    expect((await get("/socket.io/socket.io.js")).status).toBe(200);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    await expect(
      api.client({ origin: "https://evil.example" }),
    ).rejects.toThrow();
    await expect(api.client({ origin: api.url })).resolves.toBeDefined();
  });

  it("serves Swagger UI and a document in which every answer is described", async () => {
    expect((await get<string>("/docs")).body).toContain("swagger-ui");
    expect((await get<string>("/docs/swagger-ui-bundle.js")).status).toBe(200);
    const { body } = await get<{
      paths: Record<
        string,
        Record<string, { responses: Record<string, unknown> }>
      >;
      components: { schemas: object };
    }>("/docs-json");
    expect(Object.keys(body.paths).sort()).toEqual([
      "/api/v1/markets",
      "/api/v1/markets/{market}",
      "/api/v1/markets/{market}/candles",
      "/api/v1/markets/{market}/gaps",
      "/api/v1/markets/{market}/ticker",
      "/api/v1/markets/{market}/trades",
      "/api/v1/status",
      "/probe",
      "/probe/failing",
    ]);
    for (const [, path] of Object.entries(body.paths).filter(([path]) =>
      path.startsWith("/api"),
    ))
      expect(Object.keys(path["get"]?.responses ?? {})).toEqual(
        expect.arrayContaining(["200", "400", "429", "503"]),
      );
    const references = [
      ...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g),
    ].map(([, name]) => name as string);
    expect(Object.keys(body.components.schemas)).toEqual(
      expect.arrayContaining(references),
    );
  });
});

describe("with a limit, origins and a database that goes away", () => {
  it("answers 429 with Retry-After past the limit, but not to health checks", async () => {
    const limited = await startApi(await createDatabase(postgres.url), {
      RATE_LIMIT: "3",
      CORS_ORIGINS: "https://charts.example",
    });
    try {
      const ask = (path: string): Promise<Response> =>
        fetch(limited.url + path, {
          headers: { origin: "https://charts.example" },
        });
      const first = await ask("/api/v1/markets");
      expect(first.headers.get("access-control-allow-origin")).toBe(
        "https://charts.example",
      );
      expect(
        ["limit", "remaining", "reset"].map((name) =>
          first.headers.get(`x-ratelimit-${name}`),
        ),
      ).toEqual(["3", "2", "60"]);
      await ask("/docs-json");
      await ask("/nothing");
      for (const path of ["/api/v1/markets", "/docs-json", "/nothing"]) {
        const refused = await ask(path);
        expect([refused.status, refused.headers.get("content-type")]).toEqual([
          429,
          "application/problem+json; charset=utf-8",
        ]);
        expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
        expect(refused.headers.get("access-control-allow-origin")).toBe(
          "https://charts.example",
        );
        expect(await refused.json()).toMatchObject({
          code: "too_many_requests",
          status: 429,
        });
      }
      expect((await ask("/health/live")).status).not.toBe(429);
      await expect(
        limited.client({ origin: "https://charts.example" }),
      ).resolves.toBeDefined();
    } finally {
      await limited.close();
    }
  });

  it("answers 503 while the database is away, and recovers by itself", async () => {
    await postgres.kill();
    try {
      const response = await fetch(`${api.url}/api/v1/markets`);
      expect([response.status, response.headers.get("retry-after")]).toEqual([
        503,
        "5",
      ]);
      expect(await response.json()).toMatchObject({
        code: "database_unavailable",
      });
    } finally {
      await postgres.restart();
    }
    for (
      let attempt = 0;
      (await fetch(`${api.url}/api/v1/markets`)).status !== 200;
      attempt++
    ) {
      if (attempt > 50) throw new Error("still not answering");
      await new Promise((done) => setTimeout(done, 200));
    }
  });
});
