import { Process } from "../support/app.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { createDatabase } from "../support/databases.js";

const KEY = "a-key-that-only-this-test-knows";
const NOON = Date.UTC(2026, 0, 2, 12);
let postgres: TestPostgres;
let app: Process;
beforeAll(async () => {
  postgres = await startPostgres();
  const settings = {
    DATABASE_URL: await createDatabase(postgres.url),
    INGEST_KEYS: `another-key-of-sixteen,${KEY}`,
  };
  app = await (await Process.start(["serve"], settings)).ready();
});
afterAll(async () => {
  await app.stop();
  await postgres.stop();
});

interface Answer {
  status: number;
  type: string;
  body: {
    code?: string;
    detail?: string;
    accepted?: number;
    ids?: string[];
    errors?: { field: string }[];
  };
}

async function post(
  body: unknown,
  authorization: string | undefined = `Bearer ${KEY}`,
): Promise<Answer> {
  const response = await fetch(`${app.url}/api/v1/trades`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: (await response.json()) as Answer["body"],
  };
}
const ids = async (market: string): Promise<string[]> =>
  (await app.get<{ id: string }[]>(`/api/v1/markets/${market}/trades`)).map(({ id }) => id);

it("stores posted trades before it answers, and makes candles of them", async () => {
  const trades = [
    {
      market: "desk:GOLD",
      id: "1",
      price: "10.50",
      amount: "2",
      time: NOON,
      takerSide: "buy",
    },
    {
      market: "desk:GOLD",
      id: "2",
      price: "9.5",
      amount: "1",
      time: "2026-01-02T12:00:30Z",
      takerSide: "sell",
    },
  ];
  expect(await post(trades)).toMatchObject({
    status: 202,
    body: { accepted: 2, ids: ["1", "2"] },
  });
  expect(await ids("desk:GOLD")).toEqual(["1", "2"]);
  const [candle] = await app.get<object[]>("/api/v1/markets/desk:GOLD/candles?interval=1m");
  expect(candle).toMatchObject({
    openTime: NOON,
    open: "10.5",
    close: "9.5",
    volume: "3",
    takerBuyVolume: "2",
    quoteVolume: "30.5",
    complete: null,
    firstTradeId: null,
  });
});

it("keeps a symbol in letters of any script, in path, rows and file name", async () => {
  const market = "desk:币安人生USDT";
  const trade = { market, id: "1", price: "0.1234", time: NOON };
  expect((await post([trade])).status).toBe(202);
  expect(await ids(encodeURIComponent(market))).toEqual(["1"]);
  const response = await fetch(
    `${app.url}/api/v1/markets/${encodeURIComponent(market)}/candles?interval=1m&format=csv`,
  );
  expect(response.headers.get("content-disposition")).toBe(
    `attachment; filename="desk-____USDT-1m.csv"; filename*=UTF-8''${encodeURIComponent("desk-币安人生USDT-1m.csv")}`,
  );
  expect((await response.text()).split("\n")).toHaveLength(3);
  const { body } = await post([{ ...trade, market: "desk:E\u0301" }]);
  expect(body.errors?.map(({ field }) => field)).toEqual(["[0].market"]);
});

it("takes a trade with an id once, however often it is sent, and one without an id each time", async () => {
  const trade = { symbol: "SILVER", price: "1", time: NOON };
  for (let time = 0; time < 3; time++)
    expect((await post([{ ...trade, id: "same" }])).status).toBe(202);
  expect(await ids("posted:SILVER")).toEqual(["same"]);
  await post([trade]);
  await post([trade]);
  expect(await ids("posted:SILVER")).toHaveLength(3);
});

it("takes nothing of a request in which anything is wrong, and names each fault", async () => {
  const { status, type, body } = await post([
    { market: "desk:MIXED", id: "1", price: "1" },
    { market: "desk:MIXED", price: 12.5 },
    { market: "desk:MIXED", price: "-1", amount: "1e3" },
    { market: "nowhere", price: "1" },
    { market: "binance:BTCUSDT", price: "1" },
    { market: "sim:BTCUSDT", price: "1" },
    { market: "desk:MIXED", price: "0" },
    {
      market: "desk:MIXED",
      price: "1",
      time: "yesterday",
      takerSide: "both",
      colour: "red",
    },
    { market: "desk:MIXED", price: "1", time: Date.UTC(2100, 0) },
    { price: "1" },
    "trade",
  ]);
  expect([status, type.split(";")[0], body.code]).toEqual([
    400,
    "application/problem+json",
    "bad_trades",
  ]);
  expect(body.errors?.map(({ field }) => field)).toEqual([
    "[1].price",
    "[2].price",
    "[2].amount",
    "[3].market",
    "[4].market",
    "[5].market",
    "[6].price",
    "[7].colour",
    "[7].time",
    "[7].takerSide",
    "[8].time",
    "[9].market",
    "[10]",
  ]);
  expect(await app.status("/api/v1/markets/desk:MIXED/trades")).toBe(404);
});

it("refuses an empty request, one of more than 1,000 trades, one of more than 1 MB, and one that is not JSON", async () => {
  expect(await post([])).toMatchObject({
    status: 400,
    body: { errors: [{ field: "body" }] },
  });
  expect(await post({ price: "1" })).toMatchObject({ status: 400 });
  expect(
    await post(Array.from({ length: 1_001 }, () => ({ symbol: "A", price: "1" }))),
  ).toMatchObject({ status: 400 });
  expect(await post(`["${"x".repeat(1_100_000)}"]`)).toMatchObject({
    status: 413,
  });
  expect(await post("[{")).toMatchObject({ status: 400 });
});

it("refuses a missing and a wrong key, and is off where no key is configured", async () => {
  for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${KEY}`, KEY]) {
    expect(await post([{ symbol: "A", price: "1" }], authorization)).toMatchObject({
      status: 401,
      body: { code: "bad_key" },
    });
  }
  expect(
    await post([{ symbol: "KEYED", price: "1" }], "Bearer another-key-of-sixteen"),
  ).toMatchObject({ status: 202 });
  expect(app.output).not.toContain(KEY);
  const keyless = await (
    await Process.start(["serve"], {
      DATABASE_URL: await createDatabase(postgres.url),
    })
  ).ready();
  const response = await fetch(`${keyless.url}/api/v1/trades`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
    },
    body: "[]",
  });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    403,
    "ingest_off",
  ]);
  expect(await keyless.stop()).toMatchObject({ code: 0 });
});

it("answers 503 with Retry-After while the database is away, and loses nothing that it accepted", async () => {
  expect((await post([{ market: "desk:DOWN", id: "before", price: "1" }])).status).toBe(202);
  await postgres.kill();
  const started = Date.now();
  const during = await post([{ market: "desk:DOWN", id: "during", price: "2" }]);
  expect([during.status, during.type.split(";")[0]]).toEqual([503, "application/problem+json"]);
  expect(Date.now() - started).toBeLessThan(15_000);
  await postgres.restart();
  let again = await post([{ market: "desk:DOWN", id: "during", price: "2" }]);
  for (let attempt = 0; attempt < 5 && again.status === 503; attempt++)
    again = await post([{ market: "desk:DOWN", id: "during", price: "2" }]);
  expect(again.status).toBe(202);
  expect(await ids("desk:DOWN")).toEqual(["before", "during"]);
}, 120_000);
