import { setTimeout as sleep } from "node:timers/promises";
import type { LiveServer } from "../../src/api/socket/audience.js";
import { type Wire, waitingBytes } from "../../src/api/socket/slow-clients.js";
import type { Candle } from "../../src/domain/candle.js";
import { LiveGateway } from "../../src/api/socket/live.gateway.js";
import { LiveRooms } from "../../src/live/live-rooms.js";
import { until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";
import { type ApiUnderTest, type Client, startApi } from "./api-under-test.js";
import { Follower, TradeMaker, subscribe, settled } from "./live-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let postgres: TestPostgres;
let api: ApiUnderTest;
const trades = new TradeMaker();
const next = trades.next.bind(trades);

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

async function rest<T>(path: string): Promise<T> {
  return (await (await fetch(`${api.url}/api/v1/markets${path}`)).json()) as T;
}

describe("a client that stops reading", () => {
  const market = "binance:FLOOD";
  const rawSocket = (client: Client): { pause(): void; resume(): void } =>
    (
      client.io.engine.transport as unknown as {
        ws: { _socket: { pause(): void; resume(): void } };
      }
    ).ws._socket;

  /**
   * The server's queue for a client: packets in its connection's buffer, and bytes including the
   * socket's.
   */
  function held(client: Client): { packets: number; bytes: number } {
    // Private to the gateway; nothing but a test needs it.
    const audience: unknown = Reflect.get(api.app.get(LiveGateway), "audience");
    const server = Reflect.get(audience as object, "server") as LiveServer;
    const socket = server.sockets.sockets.get(client.id ?? "");
    const wire = socket?.conn as unknown as Wire;
    return { packets: wire.writeBuffer.length, bytes: waitingBytes(wire) };
  }

  it("does not grow the server's memory, gets a resync when it reads again, and ends with the right state", async () => {
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
    if (steady === undefined || stuck === undefined) throw new Error("two clients were wanted");
    // Frames as large as a replay makes them: kernel buffers hold megabytes before anything waits
    // in the process.
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
      rooms.candles(wide.map((candle) => ({ ...candle, version: 1_000 + round })));
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
    await until(() => stuck.resyncs === 1, 30_000);
    await api.record([next(market, START + MINUTE), next(market, START + 2 * MINUTE)]);
    const truth = await rest<Candle[]>(`/${market}/candles?interval=1m&start=${START}`);
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

  it("continues after requests without an acknowledgement, and malformed ones", async () => {
    const client = await api.client();
    const raw = client as unknown as {
      emit(event: string, ...parts: unknown[]): void;
    };
    raw.emit("subscribe");
    raw.emit("subscribe", { channel: "tickers" });
    raw.emit("subscribe", 1, 2, 3);
    raw.emit("unsubscribe", {});
    raw.emit("nothing", {});
    expect(await subscribe(client, { channel: "tickers" })).toMatchObject({
      ok: true,
    });
  });

  it("makes every client subscribe again after the consumer was down", async () => {
    await api.record([next(market, START)]);
    const follower = new Follower(await api.client(), request);
    await follower.begin();
    api.app.get(LiveRooms).resync();
    await until(() => follower.resyncs === 1, 30_000);
    await api.record([next(market, START + MINUTE)]);
    const truth = await rest<Candle[]>(`/${market}/candles?interval=1m`);
    await settled(
      () => follower.state(),
      () => truth,
    );
  });

  it("answers unavailable while the database is down, and leaves no client half subscribed", async () => {
    const client = await api.client();
    await postgres.kill();
    try {
      expect(await subscribe(client, request)).toMatchObject({
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
    expect(await subscribe(client, request)).toMatchObject({ ok: true });
    await api.record([next(market, START + 3 * MINUTE)]);
    await until(() => frames > 0, 30_000);
  });
});
