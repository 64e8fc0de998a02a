import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { restClient } from "./rest-client.js";

const MARKET = "binance:BTCUSDT";

let postgres: TestPostgres;
let api: ApiUnderTest;
const { get } = restClient(() => api.url);

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApi(await createDatabase(postgres.url), {
    INTERVALS: "1m,5m,1h",
  });
  await api.record([trade(MARKET, 1, 1_723_161_600_000)]);
}, 120_000);

afterAll(async () => {
  await api.close();
  await postgres.stop();
});

describe("safety", () => {
  it("allows its own scripts only, and no other origin", async () => {
    const { headers } = await get<string>("/docs", {
      headers: { origin: "https://evil.example" },
    });
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'self';style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|sha\d/);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    await expect(api.client({ origin: "https://evil.example" })).rejects.toThrow();
    await expect(api.client({ origin: api.url })).resolves.toBeDefined();
  });

  it("serves Swagger UI and a document in which every answer is described", async () => {
    expect((await get<string>("/docs")).body).toContain("swagger-ui");
    expect((await get<string>("/docs/swagger-ui-bundle.js")).status).toBe(200);
    const { body } = await get<{
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
      components: { schemas: object };
    }>("/docs-json");
    expect(Object.keys(body.paths).sort()).toEqual([
      "/api/v1/backfills",
      "/api/v1/backfills/{id}",
      "/api/v1/dead-letters",
      "/api/v1/markets",
      "/api/v1/markets/{market}",
      "/api/v1/markets/{market}/candles",
      "/api/v1/markets/{market}/candles/{openTime}/explain",
      "/api/v1/markets/{market}/candles/{openTime}/history",
      "/api/v1/markets/{market}/gaps",
      "/api/v1/markets/{market}/reconciliation",
      "/api/v1/markets/{market}/revisions",
      "/api/v1/markets/{market}/ticker",
      "/api/v1/markets/{market}/trades",
      "/api/v1/reconciliation",
      "/api/v1/sparklines",
      "/api/v1/status",
      "/api/v1/system",
      "/api/v1/tickers",
      "/probe",
      "/probe/failing",
    ]);
    for (const [, path] of Object.entries(body.paths).filter(([path]) => path.startsWith("/api")))
      expect(Object.keys(path["get"]?.responses ?? {})).toEqual(
        expect.arrayContaining(["200", "400", "429", "503"]),
      );
    const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name as string,
    );
    expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining(references));
  });
});

describe("with a limit, origins and a database that goes down", () => {
  it("answers 429 with Retry-After past the limit, but not to health checks", async () => {
    const limited = await startApi(await createDatabase(postgres.url), {
      RATE_LIMIT: "3",
      CORS_ORIGINS: "https://charts.example",
    });
    try {
      const get = (path: string): Promise<Response> =>
        fetch(limited.url + path, {
          headers: { origin: "https://charts.example" },
        });
      const first = await get("/api/v1/markets");
      expect(first.headers.get("access-control-allow-origin")).toBe("https://charts.example");
      expect(
        ["limit", "remaining", "reset"].map((name) => first.headers.get(`x-ratelimit-${name}`)),
      ).toEqual(["3", "2", "60"]);
      await get("/docs-json");
      await get("/nothing");
      for (const path of ["/api/v1/markets", "/docs-json", "/nothing"]) {
        const refused = await get(path);
        expect([refused.status, refused.headers.get("content-type")]).toEqual([
          429,
          "application/problem+json; charset=utf-8",
        ]);
        expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
        expect(refused.headers.get("access-control-allow-origin")).toBe("https://charts.example");
        expect(await refused.json()).toMatchObject({
          code: "too_many_requests",
          status: 429,
        });
      }
      expect((await get("/health/live")).status).not.toBe(429);
      await expect(limited.client({ origin: "https://charts.example" })).resolves.toBeDefined();
    } finally {
      await limited.close();
    }
  });

  it("answers 503 while the database is down, and recovers by itself", async () => {
    await postgres.kill();
    try {
      const response = await fetch(`${api.url}/api/v1/markets`);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.json()).toMatchObject({
        code: "database_unavailable",
      });
    } finally {
      await postgres.restart();
    }
    for (let attempt = 0; (await fetch(`${api.url}/api/v1/markets`)).status !== 200; attempt++) {
      if (attempt > 50) throw new Error("still not answering");
      await new Promise((done) => setTimeout(done, 200));
    }
  });
});
