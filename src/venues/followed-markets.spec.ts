import { FollowedMarkets } from "./followed-markets.js";
import { Venues } from "./venues.js";

const FEEDS = ["kraken:BTC/USD", "sim:BTCUSDT"];

function following(): { followed: FollowedMarkets; changes: unknown[] } {
  const followed = new FollowedMarkets({ feeds: FEEDS }, new Venues());
  const changes: unknown[] = [];
  followed.changes.subscribe((change) => changes.push(change));
  return { followed, changes };
}

describe("the markets that a process follows", () => {
  it("are those of its settings, of which a simulated one has no venue", () => {
    const { followed } = following();
    expect(followed.all).toEqual(FEEDS);
    expect(followed.withVenue).toMatchObject([
      {
        market: "kraken:BTC/USD",
        symbol: "BTC/USD",
        venue: { name: "kraken" },
      },
    ]);
  });

  it("are added once, and subscribers get the new ones", () => {
    const { followed, changes } = following();
    followed.add(["okx:BTC-USDT", "kraken:BTC/USD", "okx:BTC-USDT"]);
    followed.add(["okx:BTC-USDT"]);
    expect(changes).toEqual([{ added: ["okx:BTC-USDT"], removed: [] }]);
    expect(followed.all).toEqual([...FEEDS, "okx:BTC-USDT"]);
  });

  it("are removed, and subscribers get those that were followed", () => {
    const { followed, changes } = following();
    followed.remove(["okx:BTC-USDT", "kraken:BTC/USD"]);
    expect(changes).toEqual([{ added: [], removed: ["kraken:BTC/USD"] }]);
    expect(followed.has("kraken:BTC/USD")).toBe(false);
    expect(followed.withVenue).toEqual([]);
  });

  it("can be followed by a feed, or none of the added ones is", () => {
    const { followed, changes } = following();
    expect(() => followed.add(["okx:BTC-USDT", "okx:btcusdt"])).toThrow(
      "okx:btcusdt: a symbol of okx must be",
    );
    expect(() => followed.add(["nowhere:X"])).toThrow(/does not know/);
    expect(changes).toEqual([]);
    expect(followed.all).toEqual(FEEDS);
  });

  it("report the progress of their history", () => {
    const { followed } = following();
    const progress: unknown[] = [];
    followed.history.subscribe((each) => progress.push(each));
    followed.reportHistory("kraken:BTC/USD", 0.5);
    followed.reportHistory("kraken:BTC/USD", null);
    expect(progress).toEqual([
      { market: "kraken:BTC/USD", part: 0.5 },
      { market: "kraken:BTC/USD", part: null },
    ]);
  });
});
