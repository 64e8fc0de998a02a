import pg from "pg";
import { run } from "../support/app.js";
import { type Tape, confirmed, openTape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
let tape: Tape;
beforeAll(async () => {
  tape = await openTape("1m,1h");
  const { recorder } = tape.recorder();
  await recorder.record(
    confirmed([
      trade("binance:V", 1, NOON, { price: "10" }),
      trade("binance:V", 2, NOON + 1, { price: "11.5", amount: "0.5" }),
      trade("binance:V", 3, NOON + 60_000, { price: "12" }),
      trade("binance:V", 4, NOON + 60_001, { price: "0", amount: "0", offBook: true }),
    ]),
    never,
  );
});
afterAll(async () => {
  await tape.close();
});

it("shows one row per trade of the book in crypto_prices, with venue and a timestamp", async () => {
  const rows: unknown[] = await tape.source.query(
    `SELECT venue, symbol, price, event_time FROM crypto_prices ORDER BY event_time`,
  );
  expect(rows).toEqual([
    { venue: "binance", symbol: "V", price: "10", event_time: new Date(NOON) },
    {
      venue: "binance",
      symbol: "V",
      price: "11.5",
      event_time: new Date(NOON + 1),
    },
    {
      venue: "binance",
      symbol: "V",
      price: "12",
      event_time: new Date(NOON + 60_000),
    },
  ]);
});

it("shows each minute's mean trade price in moving_averages, and keeps it when the trades are gone", async () => {
  const read = (): Promise<unknown[]> =>
    tape.source.query(
      `SELECT venue, symbol, start_time, end_time, trim_scale(average_price)::text AS average_price FROM moving_averages ORDER BY start_time`,
    );
  const expected = [
    {
      venue: "binance",
      symbol: "V",
      start_time: new Date(NOON),
      end_time: new Date(NOON + 60_000),
      average_price: "10.75",
    },
    {
      venue: "binance",
      symbol: "V",
      start_time: new Date(NOON + 60_000),
      end_time: new Date(NOON + 120_000),
      average_price: "12",
    },
  ];
  expect(await read()).toEqual(expected);
  await tape.source.transaction(async (manager) => {
    await manager.query(`DELETE FROM trade`);
    expect(await manager.query(`SELECT count(*)::integer AS minutes FROM moving_averages`)).toEqual(
      [{ minutes: 2 }],
    );
    await manager.query(`ROLLBACK`);
    await manager.query(`BEGIN`);
  });
});

it("shows the candles of one minute in candles_1m", async () => {
  const rows: unknown[] = await tape.source.query(
    `SELECT venue, symbol, start_time, open, close, trades, closed FROM candles_1m ORDER BY start_time`,
  );
  expect(rows).toEqual([
    {
      venue: "binance",
      symbol: "V",
      start_time: new Date(NOON),
      open: "10",
      close: "11.5",
      trades: "2",
      closed: true,
    },
    {
      venue: "binance",
      symbol: "V",
      start_time: new Date(NOON + 60_000),
      open: "12",
      close: "12",
      trades: "1",
      closed: false,
    },
  ]);
});

it("lets the reading role read everything and write nothing", async () => {
  await tape.source.query(`ALTER ROLE tapeline_read LOGIN PASSWORD 'reader'`);
  const url = new URL(tape.url);
  url.username = "tapeline_read";
  url.password = "reader";
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    for (const name of [
      "crypto_prices",
      "moving_averages",
      "candles_1m",
      "trade",
      "candle",
      "dead_letter",
    ]) {
      await expect(client.query(`SELECT * FROM ${name}`)).resolves.toBeDefined();
    }
    for (const statement of [
      "DELETE FROM trade",
      "UPDATE candle SET close = 1",
      "INSERT INTO horizon VALUES (true, 1)",
      "CREATE TABLE mine (a integer)",
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({
        code: "42501",
      });
    }
  } finally {
    await client.end();
  }
});

it("ends verify with exit code 1 and names the candle when one differs from its trades", async () => {
  const settings = { DATABASE_URL: tape.url, INTERVALS: "1m,1h" };
  expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  await tape.source.query(
    `UPDATE candle SET high = high + 0.01 WHERE interval = '1m' AND open_time = $1`,
    [NOON],
  );
  const { code, output } = await run(["verify"], settings);
  expect(code).toBe(1);
  expect(output).toContain("binance:V: 1 candle with other values than the trades give");
  expect(output).toContain("1m 2024-01-02T12:00:00.000Z");
});
