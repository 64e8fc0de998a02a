import { setTimeout as sleep } from "node:timers/promises";
import type { AddressInfo } from "node:net";
import { Logger, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { CONFIG, readConfig } from "../../src/config/config.js";
import { ApiFormats } from "../../src/http/api-formats.js";
import { configureHttp, httpAdapter } from "../../src/http/http.js";
import { IngestKeyGuard } from "../../src/http/ingest-key.guard.js";
import type { Problem } from "../../src/http/problem.js";
import { openApiDocument } from "../../src/http/swagger.js";
import { IngestController } from "../../src/ingestion/posting/ingest.controller.js";
import { Transport } from "../../src/streaming/transport.js";
import { Venues } from "../../src/venues/venues.js";
import { Tape } from "./feed-under-test.js";

const KEY = "a-key-of-23-characters!";
const OTHER_KEY = "another-key-of-some-length";

let app: NestFastifyApplication;
let tape: Tape;
let url: string;

async function start(keys = `${KEY},${OTHER_KEY}`): Promise<void> {
  const config = readConfig({ INGEST_KEYS: keys, RATE_LIMIT: "100000" });
  tape = await Tape.start();
  @Module({
    controllers: [IngestController],
    providers: [
      IngestKeyGuard,
      { provide: CONFIG, useValue: config },
      { provide: Venues, useValue: new Venues() },
      { provide: Transport, useValue: tape.transport },
    ],
  })
  class Root {}
  Logger.overrideLogger(false);
  app = await NestFactory.create<NestFastifyApplication>(Root, httpAdapter(new ApiFormats()), {
    logger: false,
    abortOnError: false,
  });
  await configureHttp(app, config, new ApiFormats());
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  url = `http://127.0.0.1:${port}/api/v1/trades`;
}

afterEach(async () => {
  await app.close();
  await tape.transport.close();
});

interface Answer {
  status: number;
  headers: Headers;
  body: Problem & { accepted: number; ids: string[] };
}

async function post(
  body: unknown,
  authorization: string | null = `Bearer ${KEY}`,
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === null ? {} : { authorization }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer["body"],
  };
}

describe("posting trades", () => {
  beforeEach(() => start());

  it("accepts them with all fields, and has them in the topic before it answers", async () => {
    const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const trades = [
      {
        market: "desk:BTC-USD",
        id: "17",
        price: "61234.50",
        amount: "0.250",
        takerSide: "buy",
        time,
      },
      {
        market: "desk:BTC-USD",
        id: "a-18",
        price: "0061235",
        amount: "1",
        takerSide: "sell",
        time: "2026-01-02T03:04:05.679Z",
      },
    ];
    const { status, body } = await post(trades);
    expect([status, body]).toEqual([202, { accepted: 2, ids: ["17", "a-18"] }]);
    const common = {
      market: "desk:BTC-USD",
      kind: "raw",
      ids: "sparse",
      count: 1,
      source: "posted",
      offBook: false,
    };
    expect(tape.trades).toMatchObject([
      {
        ...common,
        id: "17",
        ord: "17",
        price: "61234.5",
        amount: "0.25",
        takerSide: "buy",
        time,
      },
      {
        ...common,
        id: "a-18",
        price: "61235",
        amount: "1",
        takerSide: "sell",
        time: time + 1,
      },
    ]);
  });

  it("fills in what is left out: venue, amount, side, time and id", async () => {
    const before = Date.now();
    const { body } = await post([
      { symbol: "GOLD", price: "4100" },
      { symbol: "GOLD", price: "4101" },
    ]);
    expect(tape.trades).toMatchObject(
      body.ids.map((id) => ({
        market: "posted:GOLD",
        id,
        amount: "0",
        takerSide: "unknown",
      })),
    );
    expect(new Set(body.ids).size).toBe(2);
    const [first, second] = tape.trades;
    expect(first?.time).toBeGreaterThanOrEqual(before);
    expect(BigInt(second?.ord ?? 0)).toBe(BigInt(first?.ord ?? 0) + 1n);
  });

  it.each([
    ["another key that is configured", `Bearer ${OTHER_KEY}`],
    ["another spelling of the scheme", `bearer ${KEY}`],
  ])("works with %s", async (_, authorization) => {
    expect(await post([{ symbol: "A1", price: "1" }], authorization)).toMatchObject({
      status: 202,
    });
  });

  it.each([
    ["no key", null],
    ["an unknown key", "Bearer a-key-of-23-characters?"],
    ["a part of a key", `Bearer ${KEY.slice(0, -1)}`],
    ["another scheme", `Basic ${KEY}`],
    ["an empty key", "Bearer "],
  ])("is refused with %s, without revealing the keys", async (_, authorization) => {
    const { status, headers, body } = await post([{ symbol: "A1", price: "1" }], authorization);
    expect([status, body.code]).toEqual([401, "bad_key"]);
    expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(JSON.stringify(body)).not.toContain(KEY.slice(0, 8));
    expect(tape.trades).toEqual([]);
  });

  it("names each fault, and accepts none of the trades", async () => {
    const good = { symbol: "A1", price: "1" };
    const { status, headers, body } = await post([
      good,
      { ...good, price: 61234.5 },
      { market: "binance:BTCUSDT", price: "1" },
    ]);
    expect([status, body.code]).toEqual([400, "bad_trades"]);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(body.errors?.map(({ field }) => field)).toEqual(["[1].price", "[2].market"]);
    expect(body.detail).toMatch(/\[1\]\.price must be a decimal as text/);
    expect(tape.trades).toEqual([]);
  });

  it("refuses what is no JSON, and more than a megabyte", async () => {
    expect(await post("[{")).toMatchObject({ status: 400 });
    expect(await post([{ symbol: "A1", price: "1", id: "x".repeat(1_100_000) }])).toMatchObject({
      status: 413,
    });
  });

  it("accepts 1,000 trades at once", async () => {
    const trades = Array.from({ length: 1_000 }, (_, n) => ({
      symbol: "A1",
      price: "1",
      id: String(n),
    }));
    expect(await post(trades)).toMatchObject({
      status: 202,
      body: { accepted: 1_000 },
    });
    expect(tape.trades).toHaveLength(1_000);
  });

  it("is answered only once they are stored, and with 503 when that takes too long", async () => {
    let release = (): void => undefined;
    tape.blocked = new Promise((resolve) => (release = resolve));
    const slow = post([{ symbol: "A1", price: "1", id: "1" }]);
    const waiting = sleep(1_000).then(() => "waiting");
    expect(await Promise.race([slow, waiting])).toBe("waiting");
    const { status, headers, body } = await slow;
    expect([status, body.code]).toEqual([503, "transport_unavailable"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(body.detail).toMatch(/send them again with the same ids/);
    tape.blocked = undefined;
    release();
    expect(await post([{ symbol: "A1", price: "1", id: "1" }])).toMatchObject({
      status: 202,
    });
  }, 30_000);

  it("gets 503 while the application is ending", async () => {
    await tape.transport.close();
    expect(await post([{ symbol: "A1", price: "1" }])).toMatchObject({
      status: 503,
    });
  });

  it("is documented with every answer", () => {
    const operation = openApiDocument(app, {}).paths["/api/v1/trades"]?.post;
    expect(Object.keys(operation?.responses ?? {})).toEqual([
      "202",
      "400",
      "401",
      "403",
      "413",
      "429",
      "503",
    ]);
    expect(operation?.security).toEqual([{ bearer: [] }]);
  });
});

it("is off without a key, and says how to turn it on", async () => {
  await start("");
  const { status, body } = await post([{ symbol: "A1", price: "1" }]);
  expect([status, body.code]).toEqual([403, "ingest_off"]);
  expect(body.detail).toMatch(/INGEST_KEYS/);
});
