import { type FeedState, stateAt } from "./feed-state.js";
import { DAY_MS } from "./units.js";

const STATE: FeedState = {
  market: "binance:BTCUSDT",
  condition: "live",
  since: 1_000,
  at: 5_000,
  detail: null,
  history: null,
  lastTradeAt: 4_900,
  reconnects: 2,
  refused: 0,
  clock: null,
};

it("takes the word of a feed that has reported within a day", () => {
  expect(stateAt(STATE, 5_000 + DAY_MS)).toEqual(STATE);
});

it("calls a feed stopped that has not reported for a day, and says why", () => {
  expect(stateAt(STATE, 5_001 + DAY_MS)).toEqual({
    ...STATE,
    condition: "stopped",
    detail: "its process stopped reporting more than a day ago",
  });
});

it("leaves the reason of a feed that was stopped", () => {
  const stopped: FeedState = { ...STATE, condition: "stopped", detail: "no longer followed" };
  expect(stateAt(stopped, 5_001 + DAY_MS)).toEqual(stopped);
});
