import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import type { LiveServer } from "../../src/api/audience.js";
import { LiveGateway } from "../../src/api/live.gateway.js";
import { LiveRooms } from "../../src/api/live-rooms.js";
import { type Wire, waitingBytes } from "../../src/api/slow-clients.js";
import type { Ticker } from "../../src/api/ticker.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import { until } from "../support/app.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { createDatabase, trade } from "../support/tape.js";
import { type ApiUnderTest, type Client, startApi } from "./api-under-test.js";
import { Follower, ask, enter } from "./live-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let postgres: TestPostgres;
let api: ApiUnderTest;
/** Newest trade id of each market: ids stay dense over the whole file. */
const ids = new Map<string, number>();

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApi(await createDatabase(postgres.url), {
    INTERVALS: "1m,5m",
  });
}, 120_000);

afterAll(async () => {
  await api.close();
  await postgres.stop();
});

function next(
  market: string,
  time: number,
  fields: Partial<Trade> = {},
): Trade {
  const id = (ids.get(market) ?? 0) + 1;
  ids.set(market, id);
  return trade(market, id, time, fields);
}

async function rest<T>(path: string): Promise<T> {
  return (await (await fetch(`${api.url}/api/v1/markets${path}`)).json()) as T;
}

async function settled(
  what: () => unknown,
  expected: () => unknown,
): Promise<void> {
  try {
    await until(
      () => JSON.stringify(what()) === JSON.stringify(expected()),
      10_000,
    );
  } catch {
    expect(what()).toEqual(expected());
  }
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

  it("answers with a snapshot, which since bounds, and goes on from its number", async () => {
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
    const { snapshot } = (await ask(client, { channel: "trades", market })) as {
      ok: true;
      snapshot: Trade[];
    } & object;
    expect(snapshot.map(({ id }) => id)).toEqual(
      Array.from({ length: ids.get(market) as number }, (_, index) =>
        String(index + 1),
      ),
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
    const newest = ids.get(market) as number;
    await settled(
      () => seen,
      () => [`${market} ${newest - 1}`, `${market} ${newest}`],
    );
  });

  it("keeps the tickers of all markets equal to REST", async () => {
    const client = await api.client();
    const board = new Map<string, Ticker>();
    client.on("tickers", ({ tickers }) =>
      tickers.forEach((each) => board.set(each.market, each)),
    );
    const { snapshot } = (await ask(client, { channel: "tickers" })) as {
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
    [
      { channel: "candles", market, interval: "2m" },
      "unknown_interval",
      "1m, 5m",
    ],
    [
      { channel: "candles", market, interval: "1m", since: "x" },
      "bad_request",
      "since",
    ],
    [{ channel: "tickers", extra: 1 }, "bad_request", "extra"],
    ["tickers", "bad_request", "object"],
    [null, "bad_request", "object"],
  ])("refuses %j as %s, naming what is wrong", async (request, code, named) => {
    const client = await api.client();
    expect(await ask(client, request as never)).toEqual({
      ok: false,
      error: { code, detail: expect.stringContaining(named) as string },
    });
  });

  it("refuses the 201st subscription, and drops a client whose message is too large", async () => {
    const client = await api.client();
    const markets = Array.from(
      { length: 101 },
      (_, index) => `binance:M${index}`,
    );
    await api.record(markets.map((name) => next(name, START)));
    const requests = markets.flatMap((name) =>
      (["1m", "5m"] as const).map((interval) => ({
        channel: "candles" as const,
        market: name,
        interval,
      })),
    );
    for (const request of requests.slice(0, 200))
      expect(await ask(client, request)).toMatchObject({ ok: true });
    expect(await ask(client, requests[200] as never)).toMatchObject({
      ok: false,
      error: { code: "too_many_subscriptions" },
    });
    const gone = new Promise((done) => client.once("disconnect", done));
    client.emit(
      "subscribe",
      { channel: "x".repeat(20_000) } as never,
      () => undefined,
    );
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
        polling
          .once("connect", () => done(undefined))
          .once("connect_error", fail),
      ),
    ).rejects.toThrow();
    polling.disconnect();
    const client = await api.client();
    expect(
      (client.io.engine.transport as unknown as { ws: { extensions: string } })
        .ws.extensions,
    ).toBe("");
  });
});

describe("200 clients on 20 markets", () => {
  const markets = Array.from(
    { length: 20 },
    (_, index) => `binance:CROWD${index}`,
  );
  let followers: Follower[];

  beforeAll(async () => {
    await api.record(markets.map((market) => next(market, START)));
    followers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const market = markets[index % 20] as string;
        const follower = new Follower(await api.client(), {
          channel: "candles",
          market,
          interval: "1m",
          since: START,
        });
        await follower.begin();
        return follower;
      }),
    );
  });

  it("gives everyone every closed candle and every revision, and the open candle as REST has it", async () => {
    for (let step = 1; step <= 120; step++) {
      const batch = markets.map((market) =>
        next(market, START + step * 10_000, {
          price: String(100 + ((step * 7) % 13)),
        }),
      );
      // A late trade into a closed minute: a revision.
      if (step % 40 === 0)
        batch.push(
          ...markets.map((market) =>
            next(market, START + 30_000, { price: "1" }),
          ),
        );
      await api.record(batch);
    }
    const truths = await Promise.all(
      markets.map((market) => rest<Candle[]>(`/${market}/candles?interval=1m`)),
    );
    expect(
      truths.every(
        (truth) => truth.length === 21 && truth.at(-1)?.closed === false,
      ),
    ).toBe(true);
    for (const [index, follower] of followers.entries()) {
      await settled(
        () => follower.state(),
        () => truths[index % 20],
      );
      const minutes = Array.from(
        { length: 20 },
        (_, minute) => `${START + minute * MINUTE} 0`,
      );
      expect([...follower.closed].sort()).toEqual(
        [...minutes, `${START} 1`, `${START} 2`, `${START} 3`].sort(),
      );
      expect(follower.jumps).toBe(0);
    }
  });

  it("lets a client that was away end with the same state as one that never left", async () => {
    const [steady, leaver] = [
      followers[0] as Follower,
      followers[20] as Follower,
    ];
    const market = markets[0] as string;
    leaver.client.disconnect();
    const at = START + 30 * MINUTE;
    await api.record([
      next(market, at),
      next(market, START + 10_000, { price: "0.5" }),
      next(market, at + MINUTE),
      next(market, at + 2 * MINUTE),
    ]);
    leaver.client.connect();
    await new Promise<void>((done) => leaver.client.once("connect", done));
    await Promise.all([
      leaver.begin(),
      api.record([
        next(market, at + 3 * MINUTE),
        next(market, START + 20_000, { price: "0.25" }),
      ]),
    ]);
    const truth = await rest<Candle[]>(`/${market}/candles?interval=1m`);
    for (const follower of [steady, leaver])
      await settled(
        () => follower.state(),
        () => truth,
      );
    expect(leaver.candles.get(START)).toMatchObject({
      low: "0.25",
      revision: 5,
    });
  });
});

describe("a client that stops reading", () => {
  const market = "binance:FLOOD";
  const rawSocket = (client: Client): { pause(): void; resume(): void } =>
    (
      client.io.engine.transport as unknown as {
        ws: { _socket: { pause(): void; resume(): void } };
      }
    ).ws._socket;

  /** What the server holds for a client: packets in the buffer of its connection, and bytes with what is below. */
  function held(client: Client): { packets: number; bytes: number } {
    // Private to the gateway; nothing but a test needs it.
    const audience: unknown = Reflect.get(api.app.get(LiveGateway), "audience");
    const server = Reflect.get(audience as object, "server") as LiveServer;
    const socket = server.sockets.sockets.get(client.id ?? "");
    const wire = socket?.conn as unknown as Wire;
    return { packets: wire.writeBuffer.length, bytes: waitingBytes(wire) };
  }

  it("does not grow the server's memory, is told when it reads again, and ends with the right state", async () => {
    await api.record([next(market, START)]);
    const request = {
      channel: "candles",
      market,
      interval: "1m",
      since: START,
    } as const;
    const [steady, stuck] = await Promise.all(
      [0, 1].map(async () => {
        const follower = new Follower(await api.client(), request);
        await follower.begin();
        return follower;
      }),
    );
    if (steady === undefined || stuck === undefined)
      throw new Error("two clients were wanted");
    // Frames as large as a replay makes them: kernel buffers hold megabytes before anything waits in the process.
    const rooms = api.app.get(LiveRooms);
    const [template] = await rest<Candle[]>(`/${market}/candles?interval=1m`);
    const wide = Array.from({ length: 900 }, (_, index) => ({
      ...(template as Candle),
      openTime: START - (index + 1) * MINUTE,
      closed: true,
    }));
    let frames = 0;
    steady.client.on("candles", () => frames++);
    rawSocket(stuck.client).pause();
    let worst = { packets: 0, bytes: 0 };
    let flood = 0;
    for (let round = 1; round <= 200; round++) {
      rooms.candles(
        wide.map((candle) => ({ ...candle, version: 1_000 + round })),
      );
      flood += 900 * 450;
      await sleep(15);
      const now = held(stuck.client);
      worst = {
        packets: Math.max(worst.packets, now.packets),
        bytes: Math.max(worst.bytes, now.bytes),
      };
    }
    expect(flood).toBeGreaterThan(70_000_000);
    expect(worst.bytes).toBeGreaterThan(100_000);
    expect(worst.bytes).toBeLessThan(12_000_000);
    expect(frames).toBeGreaterThan(15);
    expect(stuck.resyncs).toBe(0);
    rawSocket(stuck.client).resume();
    await until(() => stuck.resyncs === 1, 10_000);
    await api.record([
      next(market, START + MINUTE),
      next(market, START + 2 * MINUTE),
    ]);
    const truth = await rest<Candle[]>(
      `/${market}/candles?interval=1m&start=${START}`,
    );
    for (const follower of [steady, stuck]) {
      await settled(
        () => follower.state().filter(({ openTime }) => openTime >= START),
        () => truth,
      );
    }
    expect(held(stuck.client)).toEqual({ packets: 0, bytes: 0 });
  });
});

describe("when something fails", () => {
  const market = "binance:TROUBLE";
  const request = {
    channel: "candles",
    market,
    interval: "1m",
    since: START,
  } as const;

  it("goes on after requests that want no answer, and nonsense", async () => {
    const client = await api.client();
    const raw = client as unknown as {
      emit(event: string, ...parts: unknown[]): void;
    };
    raw.emit("subscribe");
    raw.emit("subscribe", { channel: "tickers" });
    raw.emit("subscribe", 1, 2, 3);
    raw.emit("unsubscribe", {});
    raw.emit("nothing", {});
    expect(await ask(client, { channel: "tickers" })).toMatchObject({
      ok: true,
    });
  });

  it("asks every client to subscribe again after the consumer was away", async () => {
    await api.record([next(market, START)]);
    const follower = new Follower(await api.client(), request);
    await follower.begin();
    api.app.get(LiveGateway).interrupted();
    await until(() => follower.resyncs === 1, 5_000);
    await api.record([next(market, START + MINUTE)]);
    const truth = await rest<Candle[]>(`/${market}/candles?interval=1m`);
    await settled(
      () => follower.state(),
      () => truth,
    );
  });

  it("answers unavailable while the database is away, and leaves nobody half subscribed", async () => {
    const client = await api.client();
    await postgres.kill();
    try {
      expect(await ask(client, request)).toMatchObject({
        ok: false,
        error: { code: "unavailable" },
      });
    } finally {
      await postgres.restart();
    }
    let frames = 0;
    client.on("candles", () => frames++);
    await api.record([next(market, START + 2 * MINUTE)]);
    await sleep(300);
    expect(frames).toBe(0);
    expect(await ask(client, request)).toMatchObject({ ok: true });
    await api.record([next(market, START + 3 * MINUTE)]);
    await until(() => frames > 0, 5_000);
  });
});
