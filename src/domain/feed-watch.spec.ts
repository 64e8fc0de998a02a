import type { FeedCondition, FeedState } from "./feed-state.js";
import { unwatchedBetween, isFlowing } from "./feed-watch.js";

function state(condition: FeedCondition, at: number, lastTradeAt: number | null = at): FeedState {
  const nothing = { detail: null, history: null, reconnects: 0, refused: 0, clock: null };
  return {
    market: "bybit:X",
    condition,
    since: 0,
    at,
    lastTradeAt,
    ...nothing,
  };
}

describe("trades reach us as they happen", () => {
  it.each<[FeedCondition, boolean]>([
    ["connecting", false],
    ["live", true],
    ["quiet", true],
    ["stale", false],
    ["down", false],
    ["stopped", false],
  ])("in a feed that is %s: %s", (condition, expected) => {
    expect(isFlowing({ condition })).toBe(expected);
  });
});

describe("the time between two states of a feed", () => {
  it.each<[string, FeedState, FeedState, [number, number] | undefined]>([
    ["is watched while trades flow", state("live", 100_000), state("live", 105_000), undefined],
    [
      "is watched while the venue has no trades",
      state("live", 100_000),
      state("quiet", 115_000),
      undefined,
    ],
    [
      "is unwatched while there is no connection",
      state("down", 100_000),
      state("down", 105_000),
      [98_000, 107_000],
    ],
    [
      "is unwatched until the first trade after a connection",
      state("connecting", 100_000),
      state("live", 103_000),
      [98_000, 105_000],
    ],
    [
      "is unwatched from the last trade on when a live feed is found dead",
      state("live", 100_000),
      state("stale", 105_000, 60_000),
      [58_000, 107_000],
    ],
    [
      "is watched before the last trade",
      state("live", 100_000),
      state("down", 105_000, 104_000),
      [102_000, 107_000],
    ],
    [
      "is unwatched from the last report on when a quiet market's feed is lost",
      state("quiet", 100_000),
      state("down", 105_000, 20_000),
      [98_000, 107_000],
    ],
    [
      "is unwatched when no state came for too long, even if both are live",
      state("live", 100_000),
      state("live", 160_000, 159_900),
      [98_000, 162_000],
    ],
  ])("%s", (_name, before, after, expected) => {
    const unwatched = unwatchedBetween(before, after);
    expect(unwatched && [unwatched.from, unwatched.to]).toEqual(expected);
  });
});
