import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { restClient } from "./rest-client.js";

const MARKET = "binance:BTCUSDT";
const KEY = "a-key-of-more-than-sixteen";

let api: ApiUnderTest;
const { problem } = restClient(() => api.url);

beforeAll(async () => {
  api = await startApi(await createDatabase(), {
    INTERVALS: "1m,5m,1h",
    INGEST_KEYS: KEY,
  });
  await api.record([trade(MARKET, 1, 1_723_161_600_000)]);
}, 120_000);

afterAll(async () => {
  await api.close();
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
    ["limit=1&limit=2", "limit", "must be an integer from 1 to 1000", '["1","2"]'],
    ["start=yesterday", "start", "must be epoch ms or ISO 8601", "yesterday"],
    ["end=2024-13-01", "end", "must be epoch ms or ISO 8601", "2024-13-01"],
    ["start=2023-02-29", "start", "the calendar has no such day", "2023-02-29"],
    ["start=1723161600", "start", "in ms it is 1723161600000", "1723161600"],
    ["end=1723161600123456", "end", "that looks like µs", "1723161600123456"],
    ["end=1723161600123456789", "end", "that looks like ns", "1723161600123456789"],
    ["start=20240809", "start", "as a day write 2024-08-09", "20240809"],
    ["start=20&end=20", "start", "must be before end (20)", "20"],
    ["fill=next", "fill", "must be previous", "next"],
    ["interval=2m", "interval", "must be one that is stored (1m, 5m, 1h)", "2m"],
    ["interval=1s", "interval", "must be one that is stored (1m, 5m, 1h)", "1s"],
  ])("refuses ?%s with a 400 that names %s", async (query, field, detail, value) => {
    const full = query.startsWith("interval") ? query : `interval=1m&${query}`;
    const { errors, detail: summary, instance } = await problem(`${candles}?${full}`, 400);
    expect(errors).toEqual([{ field, detail: expect.stringContaining(detail) as string, value }]);
    expect(summary).toContain(field);
    expect(instance).toBe(`${candles}?${full}`);
  });

  it("refuses a missing interval and an unknown parameter, naming both and the known ones", async () => {
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
    expect((await problem("/api/v1/markets?limit=5", 400)).errors?.[0]?.detail).toBe(
      "is not known here; this takes no parameters",
    );
    await problem("/api/v1/status?x=1", 400);
    await problem(`/api/v1/markets/${MARKET}/trades?fromId=99999999999999999999`, 400);
    await problem(`/api/v1/markets/${MARKET}/gaps?after=x`, 400);
    await problem(`/api/v1/markets/${MARKET}/gaps?state=lost`, 400);
  });

  // They were accepted with 201, and failed a second later.
  it.each([
    ["nobody:BTCUSD", /^must be of a venue whose history can be loaded \(.*\)$/],
    ["bybit:BTCUSDT", /\(binance, binance-usdm, coinbase, kraken, okx\)/],
    ["sim:BTCUSDT", /\(binance, binance-usdm, coinbase, kraken, okx\)/],
    ["binance:btcusdt", /^must have a symbol as binance spells it \(.+\)$/],
  ])("refuses a backfill of %s", async (market, detail) => {
    const { code, errors } = await problem("/api/v1/backfills", 400, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${KEY}`,
      },
      body: JSON.stringify({ market, from: "2024-01-01", to: "2024-01-02" }),
    });
    expect(code).toBe("bad_parameter");
    expect(errors).toEqual([
      {
        field: "market",
        detail: expect.stringMatching(detail) as string,
        value: market,
      },
    ]);
  });

  it("answers 404 for an unknown market on every route", async () => {
    for (const path of ["", "/candles?interval=1m", "/trades", "/ticker", "/gaps"]) {
      const { code, detail } = await problem(`/api/v1/markets/binance:NOPE${path}`, 404);
      expect({ code, detail }).toEqual({
        code: "unknown_market",
        detail: expect.stringContaining("binance:NOPE") as string,
      });
    }
    expect((await problem("/api/v1/markets/BTCUSDT/ticker", 404)).detail).toContain("venue:symbol");
    await problem("/api/v1/markets/x%00y'--/ticker", 404);
  });

  it("answers every other error with a problem, too", async () => {
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

it("does not expose internal errors", async () => {
  const { detail, code } = await problem("/probe/failing", 500);
  expect({ detail, code }).toEqual({
    detail: "The server failed to answer; its log says why.",
    code: "internal_error",
  });
});
