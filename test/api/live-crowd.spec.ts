import type { Candle } from "../../src/domain/candle.js";
import { apiForSuite } from "./api-suite.js";
import type { ApiUnderTest } from "./api-under-test.js";
import { Follower, TradeMaker, settled } from "./live-client.js";

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

describe("200 clients on 20 markets", () => {
  const markets = Array.from({ length: 20 }, (_, index) => `binance:CROWD${index}`);
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
        batch.push(...markets.map((market) => next(market, START + 30_000, { price: "1" })));
      await api.record(batch);
    }
    const truths = await Promise.all(
      markets.map((market) => rest<Candle[]>(`/${market}/candles?interval=1m`)),
    );
    expect(truths.every((truth) => truth.length === 21 && truth.at(-1)?.closed === false)).toBe(
      true,
    );
    for (const [index, follower] of followers.entries()) {
      await settled(
        () => follower.state(),
        () => truths[index % 20],
      );
      const minutes = Array.from({ length: 20 }, (_, minute) => `${START + minute * MINUTE} 0`);
      expect([...follower.closed].sort()).toEqual(
        [...minutes, `${START} 1`, `${START} 2`, `${START} 3`].sort(),
      );
      expect(follower.jumps).toBe(0);
    }
  });

  it("gives a client of many rooms every frame of each of them", async () => {
    const client = await api.client();
    const rooms = markets.flatMap((market) =>
      (["1m", "5m"] as const).map((interval) => ({ market, interval })),
    );
    const all = rooms.map(
      (room) => new Follower(client, { channel: "candles", since: START, ...room }),
    );
    for (const follower of all) await follower.begin();
    for (let step = 1; step <= 30; step++)
      await api.record(
        markets.map((market) =>
          next(market, START + 20 * MINUTE + step * 10_000, {
            price: String(100 + ((step * 7) % 13)),
          }),
        ),
      );
    for (const [index, { market, interval }] of rooms.entries()) {
      const truth = await rest<Candle[]>(`/${market}/candles?interval=${interval}&start=${START}`);
      await settled(
        () => all[index]?.state(),
        () => truth,
      );
    }
    expect(all.map(({ jumps }) => jumps)).toEqual(rooms.map(() => 0));
  });

  it("gives a client that was disconnected the same final state as one that never left", async () => {
    const [steady, leaver] = [followers[0] as Follower, followers[20] as Follower];
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
      api.record([next(market, at + 3 * MINUTE), next(market, START + 20_000, { price: "0.25" })]),
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
