import { setTimeout as sleep } from "node:timers/promises";
import type { SubscribeReply } from "../../src/live/live-events.js";
import type { Ticker } from "../../src/live/ticker.js";
import { FeedServer } from "./feed-server.fixture.js";
import { Feed } from "./feed.js";
import { Markets, isBehind } from "./markets.js";
import { tickerFor } from "./tickers.fixture.js";

describe("the markets", () => {
  let server: FeedServer;
  let feed: Feed;
  let markets: Markets;
  let drawn: (() => void) | undefined;

  const answerWith = (rows: Ticker[], seq = 1, epoch = "one") => {
    server.answer = (): SubscribeReply => ({
      ok: true,
      epoch,
      seq,
      snapshot: rows,
      truncated: false,
    });
  };
  const last = (market: string) => markets.ticker(market)?.value.last;
  async function until(condition: () => boolean): Promise<void> {
    const limit = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > limit) throw new Error(`not within 10 s: ${condition}`);
      await sleep(5);
    }
  }

  beforeEach(async () => {
    server = new FeedServer();
    await server.start();
    answerWith([tickerFor("sim:B"), tickerFor("sim:A")]);
    feed = new Feed(server.url);
    markets = new Markets(feed, (work) => {
      drawn = work;
      return () => (drawn = undefined);
    });
    await until(() => markets.fresh.value);
  });

  afterEach(async () => {
    markets.close();
    feed.close();
    await server.stop();
  });

  it("are listed by name, later ones too", async () => {
    expect(markets.names.value).toEqual(["sim:A", "sim:B"]);
    server.tickers({ epoch: "one", seq: 2 }, [tickerFor("sim:AB")]);
    await until(() => drawn !== undefined);
    drawn?.();
    expect(markets.names.value).toEqual(["sim:A", "sim:AB", "sim:B"]);
  });

  it("change once per browser frame, to their newest state", async () => {
    const seen: (string | undefined)[] = [];
    const stop = markets.ticker("sim:A")!.subscribe(({ last }) => seen.push(last));
    for (const [i, price] of ["101", "102", "103"].entries())
      server.tickers({ epoch: "one", seq: 2 + i }, [
        tickerFor("sim:A", { last: price, trades: 11 + i }),
      ]);
    await until(() => drawn !== undefined);
    await sleep(50);
    expect(seen).toEqual(["100"]);
    drawn?.();
    expect(seen).toEqual(["100", "103"]);
    stop();
  });

  it("keep a frame that is newer than the snapshot after it", async () => {
    const newest = tickerFor("sim:A", { last: "105", trades: 15 });
    answerWith([tickerFor("sim:A", { last: "104", trades: 14 })], 5);
    server.tickers({ epoch: "one", seq: 5 }, [newest]);
    await until(() => markets.names.value.length === 1);
    expect(last("sim:A")).toBe("105");
  });

  it("are those of the next process, even when it has fewer", async () => {
    await server.stop();
    await until(() => !markets.fresh.value);
    expect(last("sim:A")).toBe("100");
    answerWith([tickerFor("sim:A", { last: "90", trades: 3 })], 1, "two");
    await server.start();
    await until(() => markets.fresh.value);
    expect(last("sim:A")).toBe("90");
    expect(markets.names.value).toEqual(["sim:A"]);
  });
});

describe("a ticker is behind another", () => {
  const ticker = (closeTime: number, trades: number) => tickerFor("sim:A", { closeTime, trades });

  it.each([
    [ticker(1, 5), ticker(2, 3), true],
    [ticker(2, 3), ticker(1, 5), false],
    [ticker(1, 4), ticker(1, 5), true],
    [ticker(1, 5), ticker(1, 5), false],
  ])("by its window, then by its trades", (one, other, behind) => {
    expect(isBehind(one, other)).toBe(behind);
  });
});
