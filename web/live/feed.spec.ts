import { setTimeout as sleep } from "node:timers/promises";
import type { SubscribeReply } from "../../src/live/live-events.js";
import type { Ticker } from "../../src/live/ticker.js";
import { FeedServer } from "./feed-server.fixture.js";
import { Feed } from "./feed.js";
import { tickerFor } from "./tickers.fixture.js";

const EPOCH = "one";
const snapshot = (seq: number, rows: Ticker[], epoch = EPOCH): SubscribeReply => ({
  ok: true,
  epoch,
  seq,
  snapshot: rows,
  truncated: false,
});
const row = (last: string) => tickerFor("sim:A", { last });

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`not within 10 s: ${condition}`);
    await sleep(5);
  }
}

describe("the feed", () => {
  let server: FeedServer;
  let feed: Feed;
  let calls: string[];

  function listen(): () => void {
    return feed.follow(
      { channel: "tickers" },
      {
        snapshot: (rows, { epoch }) =>
          calls.push(`snapshot ${epoch} ${rows.map(({ last }) => last)}`),
        frame: (rows) => calls.push(`frame ${rows.map(({ last }) => last)}`),
        stale: () => calls.push("stale"),
        refused: ({ code }) => calls.push(`refused ${code}`),
      },
    );
  }

  beforeEach(async () => {
    server = new FeedServer();
    await server.start();
    server.answer = () => snapshot(7, [row("1")]);
    feed = new Feed(server.url);
    calls = [];
  });

  afterEach(async () => {
    feed.close();
    await server.stop();
  });

  it("accepts consecutive frames without subscribing again", async () => {
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    server.tickers({ epoch: EPOCH, seq: 8 }, [row("2")]);
    server.tickers({ epoch: EPOCH, seq: 9 }, [row("3")]);
    await until(() => calls.includes("frame 3"));
    expect(server.requests).toHaveLength(1);
    expect(calls.slice(-3)).toEqual([`snapshot ${EPOCH} 1`, "frame 2", "frame 3"]);
  });

  it.each([
    ["a number is skipped", { epoch: EPOCH, seq: 9 }],
    ["a number comes twice", { epoch: EPOCH, seq: 7 }],
    ["the process is another one", { epoch: "two", seq: 8 }],
  ])("subscribes again when %s, and applies the frame", async (_when, place) => {
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    calls.length = 0;
    server.answer = () => snapshot(place.seq, [row("5")], place.epoch);
    server.tickers(place, [row("4")]);
    await until(() => calls.length === 3);
    expect(calls).toEqual(["frame 4", "stale", `snapshot ${place.epoch} 5`]);
    server.tickers({ ...place, seq: place.seq + 1 }, [row("6")]);
    await until(() => calls.includes("frame 6"));
    expect(server.requests).toHaveLength(2);
  });

  it("passes on frames that arrive before the answer, and continues from the answer's number", async () => {
    server.answer = () => {
      server.tickers({ epoch: EPOCH, seq: 41 }, [row("early")]);
      return snapshot(41, [row("1")]);
    };
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    expect(calls).toContain("frame early");
    server.tickers({ epoch: EPOCH, seq: 42 }, [row("2")]);
    await until(() => calls.includes("frame 2"));
    expect(server.requests).toHaveLength(1);
  });

  it("subscribes again on a resync", async () => {
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    server.resync([{ channel: "tickers" }]);
    await until(() => server.requests.length === 2);
    await until(() => calls.at(-1) === `snapshot ${EPOCH} 1`);
  });

  it("subscribes with the oldest candle that must be current", async () => {
    const held: { since?: number } = {};
    const candles = {
      channel: "candles",
      market: "sim:A",
      interval: "1m",
    } as const;
    feed.follow(candles, {
      since: () => held.since,
      snapshot: () => calls.push("snapshot"),
      frame: () => undefined,
    });
    await until(() => calls.length === 1);
    held.since = 60_000;
    server.resync([candles]);
    await until(() => calls.length === 2);
    expect(server.requests).toEqual([candles, { ...candles, since: 60_000 }]);
  });

  it("retries a temporary error, and reports it", async () => {
    const refusals: SubscribeReply[] = [
      { ok: false, error: { code: "unavailable", detail: "later" } },
    ];
    server.answer = () => refusals.shift() ?? snapshot(1, [row("1")]);
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    expect(calls).toContain("refused unavailable");
  });

  it("does not retry a wrong request", async () => {
    server.answer = () => ({
      ok: false,
      error: { code: "unknown_interval", detail: "no" },
    });
    listen();
    await until(() => calls.includes("refused unknown_interval"));
    await sleep(800);
    expect(server.requests).toHaveLength(1);
  });

  it("reconnects by itself, and is stale meanwhile", async () => {
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    await server.stop();
    await until(() => feed.connection.value.state === "lost");
    expect(calls.at(-1)).toBe("stale");
    server.answer = () => snapshot(1, [row("9")], "two");
    await server.start();
    await until(() => calls.includes("snapshot two 9"));
    expect(feed.connection.value.state).toBe("connected");
  });

  it("reconnects when the server closes the connection cleanly", async () => {
    listen();
    await until(() => calls.includes(`snapshot ${EPOCH} 1`));
    server.dismiss();
    await until(() => server.requests.length === 2);
  });

  it("leaves a room with its last listener", async () => {
    const [first, second] = [listen(), listen()];
    await until(() => calls.length >= 2 && server.requests.length === 2);
    first();
    second();
    await until(() => server.left.length === 1);
    calls.length = 0;
    server.tickers({ epoch: EPOCH, seq: 8 }, [row("2")]);
    await sleep(50);
    expect(calls).toEqual([]);
  });
});
