import { FollowedMarketStore } from "../../src/persistence/stores/followed-market-store.js";
import { closedAfterEach } from "../support/closed-after-each.js";
import { openTape } from "../support/tape.js";

const open = closedAfterEach(openTape);

describe("the table of followed markets", () => {
  it("keeps markets of other processes, and the first source of each", async () => {
    const { source } = await open();
    const store = new FollowedMarketStore(source);
    await store.keep(["okx:BTC-USDT", "binance:BTCUSDT"], "settings", 1_000);
    await store.keep(["okx:ETH-USDT"], "request", 2_000);
    // A process with other settings that starts later.
    await store.keep(["okx:ETH-USDT", "kraken:BTC/USD"], "settings", 3_000);
    await store.keep([], "settings", 4_000);
    expect(await store.all()).toEqual([
      { market: "binance:BTCUSDT", source: "settings", since: 1_000 },
      { market: "kraken:BTC/USD", source: "settings", since: 3_000 },
      { market: "okx:BTC-USDT", source: "settings", since: 1_000 },
      { market: "okx:ETH-USDT", source: "request", since: 2_000 },
    ]);
  });

  it("accepts several processes that start at once", async () => {
    const { source } = await open();
    const store = new FollowedMarketStore(source);
    const markets = Array.from({ length: 200 }, (_, n) => `okx:A${n}-USDT`);
    await Promise.all(
      [markets, [...markets].reverse(), markets].map((each, at) =>
        store.keep(each, "settings", at),
      ),
    );
    expect(await store.all()).toHaveLength(200);
  });
});
