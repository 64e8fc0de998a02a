import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import type { Candle } from "../../src/domain/candle.js";
import { Process, run, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { VenueServer } from "../support/venue-server.js";

// The main job, from an exchange's socket to a client's: everything between is the built product.

let exchange: VenueServer;
let app: Process;
let settings: Record<string, string>;
beforeAll(async () => {
  exchange = await VenueServer.start();
  settings = {
    DATABASE_URL: await createDatabase(),
    FEEDS: "binance:BTCUSDT,binance:ETHUSDT",
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_REST_URL: exchange.restUrl,
    INTERVALS: "1s,1m",
  };
  app = await (await Process.start(["serve"], settings)).ready();
});
afterAll(async () => {
  await app.stop();
  await exchange.close();
});

interface MarketState {
  market: string;
  trades: number;
  coverage: { missing: string; ranges: number };
  feed: { condition: string; reconnects: number } | null;
}
const market = async (name: string): Promise<MarketState | undefined> =>
  (await app.get<MarketState[]>("/api/v1/markets")).find((each) => each.market === name);
/** Of all pages: a slow machine trades for longer. */
const stored = async (name: string): Promise<string[]> => {
  const ids: string[] = [];
  for (let from = 0; ; from = Number(ids.at(-1)) + 1) {
    const path = `/api/v1/markets/${name}/trades?limit=1000&fromId=${from}`;
    const page = await app.get<{ id: string }[]>(path);
    ids.push(...page.map(({ id }) => id));
    if (page.length < 1_000) return ids;
  }
};
const gapsOf = (name: string): Promise<{ fromId: string; toId: string }[]> =>
  app.get(`/api/v1/markets/${name}/gaps?limit=1000`);
const isWithin = (id: string, fromId: string, toId: string): boolean =>
  BigInt(id) >= BigInt(fromId) && BigInt(id) <= BigInt(toId);

it("follows an exchange, through a lost connection, without losing what was sent to it", async () => {
  exchange.tradeAll("BTCUSDT", "ETHUSDT");
  await until(
    async () => ((await market("binance:BTCUSDT"))?.trades ?? 0) > 100,
    30_000,
    () => app.output.slice(-2_000),
  );
  exchange.pauseTrading();
  // Frames under way arrive; then the connection ends, and the market goes on without us.
  await sleep(300);
  exchange.drop();
  await until(() => exchange.connections === 0, 30_000);
  for (let missed = 0; missed < 20; missed++) exchange.trade("BTCUSDT");
  exchange.tradeAll("BTCUSDT", "ETHUSDT");
  await until(async () => ((await market("binance:BTCUSDT"))?.feed?.reconnects ?? 0) > 0, 30_000);
  const socket = io(app.url, { transports: ["websocket"] });
  const closed = new Map<number, Candle>();
  socket.on("candles", ({ candles }: { candles: Candle[] }) =>
    candles.forEach((candle) => candle.closed && closed.set(candle.openTime, candle)),
  );
  const answer: unknown = await socket.emitWithAck("subscribe", {
    channel: "candles",
    market: "binance:BTCUSDT",
    interval: "1s",
  });
  expect(answer).toMatchObject({ ok: true });
  await until(() => closed.size >= 3, 30_000);
  exchange.pauseTrading();
  for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
    const name = `binance:${symbol}`;
    let lost: string[] = [];
    await until(
      async () => {
        const held = new Set(await stored(name));
        const missing = await gapsOf(name);
        lost = exchange.sentOf(symbol).filter((id) => !held.has(id));
        return lost.every((id) => missing.some(({ fromId, toId }) => isWithin(id, fromId, toId)));
      },
      20_000,
      () => `${name} lacks ${lost.join(", ")}:\n${app.output.slice(-3_000)}`,
    );
    // A machine too slow for its pings loses the connection once more, with what is on its way.
    if ((await market(name))?.feed?.reconnects === 1) expect(lost).toEqual([]);
  }
  // Trades of the exchange during the disconnection are a hole, and are reported as one.
  expect(Number((await market("binance:BTCUSDT"))?.coverage.missing)).toBeGreaterThan(0);
  const candles = await app.get<Candle[]>(
    "/api/v1/markets/binance:BTCUSDT/candles?interval=1s&limit=1000",
  );
  for (const [openTime, candle] of closed) {
    const same = candles.find((each) => each.openTime === openTime);
    expect([same?.volume, same?.close, same?.trades]).toEqual([
      candle.volume,
      candle.close,
      candle.trades,
    ]);
  }
  socket.disconnect();
  expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
}, 120_000);

it("closes the last candle of a market that has gone quiet, and says that nothing is wrong with it", async () => {
  exchange.pauseTrading();
  await until(async () => {
    const [newest] = await app.get<Candle[]>(
      "/api/v1/markets/binance:ETHUSDT/candles?interval=1s&limit=1",
    );
    return newest?.closed === true;
  }, 20_000);
  expect(await app.status("/health/ready")).toBe(200);
});
