import { FollowedMarkets } from "./followed-markets.js";
import { Venues } from "./venues.js";

const FEEDS = ["kraken:BTC/USD", "sim:BTCUSDT"];

function following(): { followed: FollowedMarkets; told: unknown[] } {
  const followed = new FollowedMarkets({ feeds: FEEDS }, new Venues());
  const told: unknown[] = [];
  followed.changes.subscribe((change) => told.push(change));
  return { followed, told };
}

describe("the markets that a process follows", () => {
  it("are those of its settings, of which a simulated one has no venue to ask", () => {
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

  it("are added to, and whoever cares is told of those that are new", () => {
    const { followed, told } = following();
    followed.add(["okx:BTC-USDT", "kraken:BTC/USD", "okx:BTC-USDT"]);
    followed.add(["okx:BTC-USDT"]);
    expect(told).toEqual([{ added: ["okx:BTC-USDT"], removed: [] }]);
    expect(followed.all).toEqual([...FEEDS, "okx:BTC-USDT"]);
  });

  it("are left by those that were followed", () => {
    const { followed, told } = following();
    followed.remove(["okx:BTC-USDT", "kraken:BTC/USD"]);
    expect(told).toEqual([{ added: [], removed: ["kraken:BTC/USD"] }]);
    expect(followed.has("kraken:BTC/USD")).toBe(false);
    expect(followed.withVenue).toEqual([]);
  });

  it("can be followed by a feed, or none of those named is added", () => {
    const { followed, told } = following();
    expect(() => followed.add(["okx:BTC-USDT", "okx:btcusdt"])).toThrow(
      "okx:btcusdt: a symbol of okx must be",
    );
    expect(() => followed.add(["nowhere:X"])).toThrow(/does not know/);
    expect(told).toEqual([]);
    expect(followed.all).toEqual(FEEDS);
  });

  it("have it told how much of their history is made", () => {
    const { followed } = following();
    const made: unknown[] = [];
    followed.history.subscribe((each) => made.push(each));
    followed.tellHistory("kraken:BTC/USD", 0.5);
    followed.tellHistory("kraken:BTC/USD", null);
    expect(made).toEqual([
      { market: "kraken:BTC/USD", part: 0.5 },
      { market: "kraken:BTC/USD", part: null },
    ]);
  });
});
