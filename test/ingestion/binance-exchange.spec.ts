import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { until } from "../support/app.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { published } from "../support/exchange/published.js";
import { gapTape, madeTrades, withBurst, withVoids } from "../support/exchange/recorded-tapes.js";
import { SymbolTape } from "../support/exchange/symbol-tape.js";
import { nineOfRow } from "../support/klines.js";

/** By default with its clock at the end of its tapes. */
async function exchangeOf(
  tapes: SymbolTape[],
  options: Partial<Parameters<typeof BinanceExchange.start>[0]> = {},
): Promise<BinanceExchange> {
  const clock = new MarketClock(Math.max(...tapes.map(({ end }) => end)));
  clock.pause();
  return BinanceExchange.start({ tapes, clock, ...options });
}

const made = (): SymbolTape => new SymbolTape("MADEUSDT", withVoids(madeTrades(30, 5), 6, 2));

let exchange: BinanceExchange;
afterEach(() => exchange.close());

async function get(path: string): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(exchange.restUrl + path);
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith("<") ? text : JSON.parse(text),
    headers: response.headers,
  };
}

interface AggregateRow {
  a: number;
  p: string;
  q: string;
  f: number;
  l: number;
  T: number;
}

async function pages(first: string): Promise<AggregateRow[]> {
  const rows: AggregateRow[] = [];
  for (let query = first; ;) {
    const { body } = await get(`/api/v3/aggTrades?symbol=MADEUSDT&limit=1000&${query}`);
    const page = body as AggregateRow[];
    rows.push(...page);
    if (page.length < 1_000) return rows;
    query = `fromId=${(page.at(-1) as AggregateRow).a + 1}`;
  }
}

describe("the exchange on loopback", () => {
  it.each(published())(
    "makes the candles that the exchange itself published: $name",
    async ({ tape, host, interval, bars }) => {
      exchange = await exchangeOf([tape], { host });
      const path = host === "spot" ? "/api/v3/klines" : "/fapi/v1/klines";
      const { body } = await get(
        `${path}?symbol=${tape.symbol}&interval=${interval}&startTime=${bars[0]?.openTime}&endTime=${bars.at(-1)?.openTime}`,
      );
      expect(bars.length).toBeGreaterThan(1);
      const rows = body as (string | number)[][];
      expect(rows.map((row) => nineOfRow(row.map(String)))).toEqual(bars);
    },
  );

  it("has each trade in exactly one aggregate, with ids of its own", async () => {
    const tape = made();
    exchange = await exchangeOf([tape]);
    const rows = await pages(`startTime=${tape.start}`);
    const ids = rows.flatMap(({ f, l }) => Array.from({ length: l - f + 1 }, (_, at) => f + at));
    expect(ids).toEqual(tape.trades.map(({ id }) => id));
    expect(rows.some(({ f, l }) => l > f)).toBe(true);
    expect(rows.every(({ a, f }) => a !== f)).toBe(true);
    expect(tape.voids()).toHaveLength(6);
  });

  it("fills more than a page with the trades of one millisecond", async () => {
    const trades = withBurst(madeTrades(30, 5), 100, 1_500);
    const tape = new SymbolTape("MADEUSDT", trades);
    exchange = await exchangeOf([tape]);
    const time = trades[100]?.time ?? 0;
    const { body } = await get(
      `/api/v3/aggTrades?symbol=MADEUSDT&startTime=${time}&endTime=${time}&limit=1000`,
    );
    expect(body).toHaveLength(1_000);
    expect(await pages(`startTime=${time}`)).toHaveLength(
      tape.aggregates.filter((one) => one.time >= time).length,
    );
  });

  it.each([
    ["", -1102],
    ["symbol=", -1102],
    ["symbol=btcusdt", -1100],
    ["symbol=NONE", -1121],
    ["symbol=MADEUSDT&limit=x", -1100],
    ["symbol=MADEUSDT&limit=", -1105],
    ["symbol=MADEUSDT&limit=0", -1130],
    ["symbol=MADEUSDT&fromId=1&startTime=1", -1128],
    ["symbol=MADEUSDT&startTime=1&endTime=3600002", -1127],
    ["symbol=MADEUSDT&from=1", -1104],
    ["symbol=MADEUSDT&symbol=MADEUSDT", -1101],
  ])("refuses aggTrades?%s with %i", async (query, code) => {
    exchange = await exchangeOf([made()]);
    expect(await get(`/api/v3/aggTrades?${query}`)).toMatchObject({
      status: 400,
      body: { code, msg: expect.any(String) as string },
    });
  });

  it("has no trades of the future", async () => {
    const tape = made();
    const clock = new MarketClock(tape.start + 600_000);
    clock.pause();
    exchange = await BinanceExchange.start({ tapes: [tape], clock });
    const newest = async (endpoint: string): Promise<number> => {
      const { body } = await get(`/api/v3/${endpoint}?symbol=MADEUSDT&limit=1`);
      const [row] = body as { T?: number; time?: number }[];
      return row?.T ?? row?.time ?? 0;
    };
    for (const endpoint of ["aggTrades", "trades"])
      expect(await newest(endpoint)).toBeLessThanOrEqual(clock.now());
    const before = await newest("trades");
    clock.leap(600_000);
    expect(await newest("trades")).toBeGreaterThan(before);
    exchange.inject({ kind: "rest-behind", forMs: 60_000, byMs: 600_000 });
    expect(await newest("aggTrades")).toBeLessThanOrEqual(before);
  });

  it("answers 429 above its limit, and 418 to clients that continue", async () => {
    exchange = await exchangeOf([made()], {
      weight: { perMinute: 60, windowMs: 3_600_000, toleratedRequests: 2 },
    });
    const statuses: number[] = [];
    for (let request = 0; request < 6; request++) {
      const { status, headers } = await get("/api/v3/trades?symbol=MADEUSDT&limit=1");
      statuses.push(status);
      if (status !== 200) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      else expect(headers.get("x-mbx-used-weight-1m")).toMatch(/^\d+$/);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 418, 418]);
  });
});

describe("the streams of the exchange on loopback", () => {
  const open: WebSocket[] = [];
  afterEach(() => open.splice(0).forEach((socket) => socket.terminate()));

  async function follow(
    path: string,
  ): Promise<{ socket: WebSocket; received: Record<string, unknown>[] }> {
    const socket = new WebSocket(exchange.wsUrl + path);
    open.push(socket);
    const received: Record<string, unknown>[] = [];
    socket.on("message", (data: Buffer) =>
      received.push(JSON.parse(data.toString()) as Record<string, unknown>),
    );
    await new Promise((resolve) => socket.once("open", resolve));
    return { socket, received };
  }

  async function started(): Promise<SymbolTape> {
    const tape = made();
    const clock = MarketClock.standing(tape.start - 1);
    exchange = await BinanceExchange.start({ tapes: [tape], clock });
    return tape;
  }

  it("send every trade once, in order, in the requested form", async () => {
    const tape = await started();
    const combined = await follow("/stream?streams=madeusdt@aggTrade");
    const raw = await follow("/ws/madeusdt@trade");
    exchange.clock.leap(tape.end - tape.start + 1);
    const { aggregates, trades } = tape;
    await until(() => combined.received.length >= aggregates.length, 30_000);
    await until(() => raw.received.length >= trades.length, 30_000);
    expect(combined.received.map(({ data }) => (data as AggregateRow).a)).toEqual(
      aggregates.map(({ a }) => a),
    );
    expect(raw.received.map(({ t }) => t)).toEqual(trades.map(({ id }) => id));
  });

  it("accept five messages a second, and answer them", async () => {
    await started();
    const { socket, received } = await follow("/stream?streams=");
    const say = (message: unknown): void =>
      socket.send(typeof message === "string" ? message : JSON.stringify(message));
    say({ method: "SUBSCRIBE", params: ["madeusdt@trade"], id: 1 });
    say({ method: "LIST_SUBSCRIPTIONS", id: 2 });
    say({ method: "SING", id: 3 });
    say("{");
    await until(() => received.length >= 4, 30_000);
    expect(received).toMatchObject([
      { result: null, id: 1 },
      { result: ["madeusdt@trade"], id: 2 },
      { error: { code: 2 }, id: 3 },
      { code: 3 },
    ]);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (let message = 0; message < 5; message++) socket.ping();
    expect(await closed).toBe(1008);
  });

  it("have the injected faults, and count their effects", async () => {
    const tape = await started();
    const { socket, received } = await follow("/stream?streams=madeusdt@aggTrade");
    const symbol = "MADEUSDT";
    exchange.inject({ kind: "drop", symbol, frames: 3 });
    exchange.inject({ kind: "duplicate", symbol, frames: 1 });
    exchange.inject({ kind: "late", symbol, frames: 1, byMs: 300 });
    exchange.inject({ kind: "drop", symbol: "OTHER", frames: 1 });
    exchange.clock.leap(tape.aggregates[9]!.time - tape.start + 1);
    const ids = tape.aggregates.slice(3, 10).map(({ a }) => a);
    const [twice, late, ...others] = ids as [number, number, ...number[]];
    await until(() => received.length >= ids.length + 2, 30_000);
    await sleep(100);
    const seen = received.map(({ data }) => (data as AggregateRow).a);
    expect(seen.filter((id) => id === twice)).toHaveLength(3);
    expect(seen.indexOf(late)).toBeGreaterThan(seen.indexOf(others.at(-1) as number));
    exchange.inject({ kind: "silence", symbol, forMs: 60_000 });
    const before = received.length;
    exchange.clock.leap(60_000);
    await sleep(100);
    expect(received).toHaveLength(before);
    socket.send('{"method":"SUBSCRIBE","params":["madeusdt@aggTrade"],"id":9}');
    await until(() => received.length === before + 1, 30_000);
    exchange.clock.leap(60_000);
    await until(() => received.length > before + 2, 30_000);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    exchange.inject({ kind: "reset" });
    expect(await closed).toBe(1006);
    expect(exchange.faults.felt()).toEqual({
      drop: 1,
      duplicate: 1,
      late: 1,
      silence: 1,
      reset: 1,
    });
  });
});

it("serves the recorded holes as ids that do not exist, or with trades in them", async () => {
  const [empty, full] = [gapTape("void"), gapTape("filled")];
  exchange = await exchangeOf([empty]);
  expect(empty.voids()).toHaveLength(26);
  expect(full.voids()).toEqual([]);
  const missing = empty.voids().reduce((sum, [from, to]) => sum + to - from, 0);
  expect(full.trades.length - empty.trades.length).toBe(missing);
});
