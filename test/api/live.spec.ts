import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import type { Ticker } from "../../src/live/ticker.js";
import { apiForSuite } from "./api-suite.js";
import type { ApiUnderTest } from "./api-under-test.js";
import { TradeMaker, subscribe, enter, settled } from "./live-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let api: ApiUnderTest;
const trades = new TradeMaker();
const next = trades.next.bind(trades);

apiForSuite("1m,5m", (started) => {
  api = started;
});

async function rest<T>(path: string): Promise<T> {
  return (await (await fetch(`${api.url}/api/v1/markets${path}`)).json()) as T;
}

describe("subscribing", () => {
  const market = "binance:AAA";
  beforeAll(() =>
    api.record([
      next(market, START),
      next(market, START + MINUTE),
      next(market, START + 2 * MINUTE),
    ]),
  );

  it("answers with a snapshot, bounded by since, and continues from its number", async () => {
    const client = await api.client();
    const all = await enter(client, {
      channel: "candles",
      market,
      interval: "1m",
    });
    expect(all.snapshot).toEqual(await rest(`/${market}/candles?interval=1m`));
    expect(all.truncated).toBe(false);
    const some = await enter(client, {
      channel: "candles",
      market,
      interval: "1m",
      since: START + MINUTE,
    });
    expect(some.snapshot.map(({ openTime }) => openTime)).toEqual([
      START + MINUTE,
      START + 2 * MINUTE,
    ]);
    const frame = new Promise<{
      seq: number;
      epoch: string;
      candles: Candle[];
    }>((done) => client.once("candles", done));
    await api.record([next(market, START + 2 * MINUTE + 500, { price: "7" })]);
    expect(await frame).toMatchObject({
      epoch: some.epoch,
      seq: some.seq + 1,
      candles: [{ close: "7", closed: false }],
    });
  });

  it("sends trades with their first snapshot, and none of another market", async () => {
    const client = await api.client();
    const { snapshot } = (await subscribe(client, {
      channel: "trades",
      market,
    })) as {
      ok: true;
      snapshot: Trade[];
    } & object;
    expect(snapshot.map(({ id }) => id)).toEqual(
      Array.from({ length: trades.newest(market) }, (_, index) => String(index + 1)),
    );
    const seen: string[] = [];
    client.on("trades", (frame) =>
      seen.push(...frame.trades.map((each) => `${frame.market} ${each.id}`)),
    );
    await api.record([
      next("binance:OTHER", START),
      next(market, START + 2 * MINUTE + 600),
      next(market, START + 2 * MINUTE + 700),
    ]);
    const newest = trades.newest(market);
    await settled(
      () => seen,
      () => [`${market} ${newest - 1}`, `${market} ${newest}`],
    );
  });

  it("keeps the tickers of all markets equal to REST", async () => {
    const client = await api.client();
    const board = new Map<string, Ticker>();
    client.on("tickers", ({ tickers }) => tickers.forEach((each) => board.set(each.market, each)));
    const { snapshot } = (await subscribe(client, { channel: "tickers" })) as {
      ok: true;
      snapshot: Ticker[];
    } & object;
    snapshot.forEach((each) => board.set(each.market, each));
    const fresh = "binance:FRESH";
    await api.record([
      next(market, START + 3 * MINUTE, { price: "12.5", amount: "3" }),
      next(fresh, START, { price: "0.1" }),
      next(fresh, START + 1_440 * MINUTE, { price: "0.3" }),
      next(fresh, START + 5 * MINUTE, { price: "0.2" }),
    ]);
    for (const name of [market, fresh]) {
      const truth = await rest<Ticker>(`/${name}/ticker`);
      await settled(
        () => board.get(name),
        () => truth,
      );
    }
    // The minute at START has left the window of 1,440.
    expect(board.get(fresh)).toMatchObject({
      open: "0.2",
      last: "0.3",
      low: "0.2",
      trades: 2,
      changePercent: "50.00",
    });
  });

  it("stops after unsubscribe", async () => {
    const client = await api.client();
    await enter(client, { channel: "candles", market, interval: "1m" });
    expect(
      await client.emitWithAck("unsubscribe", {
        channel: "candles",
        market,
        interval: "1m",
      }),
    ).toEqual({ ok: true });
    let frames = 0;
    client.on("candles", () => frames++);
    await api.record([next(market, START + 3 * MINUTE + 1)]);
    await sleep(400);
    expect(frames).toBe(0);
  });

  it.each([
    [{ channel: "books" }, "unknown_channel", "candles, trades, tickers"],
    [
      { channel: "candles", market: "binance:NOPE", interval: "1m" },
      "unknown_market",
      "binance:NOPE",
    ],
    [{ channel: "trades", market: "nope" }, "unknown_market", "venue:symbol"],
    [{ channel: "candles", market, interval: "2m" }, "unknown_interval", "1m, 5m"],
    [{ channel: "candles", market, interval: "1m", since: "x" }, "bad_request", "since"],
    [{ channel: "tickers", extra: 1 }, "bad_request", "extra"],
    ["tickers", "bad_request", "object"],
    [null, "bad_request", "object"],
  ])("refuses %j as %s, naming what is wrong", async (request, code, named) => {
    const client = await api.client();
    expect(await subscribe(client, request as never)).toEqual({
      ok: false,
      error: { code, detail: expect.stringContaining(named) as string },
    });
  });

  it("refuses the 201st subscription, and drops a client whose message is too large", async () => {
    const client = await api.client();
    const markets = Array.from({ length: 101 }, (_, index) => `binance:M${index}`);
    await api.record(markets.map((name) => next(name, START)));
    const requests = markets.flatMap((name) =>
      (["1m", "5m"] as const).map((interval) => ({
        channel: "candles" as const,
        market: name,
        interval,
      })),
    );
    for (const request of requests.slice(0, 200))
      expect(await subscribe(client, request)).toMatchObject({ ok: true });
    expect(await subscribe(client, requests[200] as never)).toMatchObject({
      ok: false,
      error: { code: "too_many_subscriptions" },
    });
    const gone = new Promise((done) => client.once("disconnect", done));
    client.emit("subscribe", { channel: "x".repeat(20_000) } as never, () => undefined);
    await gone;
  });

  it("speaks WebSocket only, without compression", async () => {
    const polling = io(api.url, {
      transports: ["polling"],
      forceNew: true,
      reconnection: false,
    });
    await expect(
      new Promise((done, fail) =>
        polling.once("connect", () => done(undefined)).once("connect_error", fail),
      ),
    ).rejects.toThrow();
    polling.disconnect();
    const client = await api.client();
    expect(
      (client.io.engine.transport as unknown as { ws: { extensions: string } }).ws.extensions,
    ).toBe("");
  });
});
