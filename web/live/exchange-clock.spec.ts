import type { Trade } from "../../src/domain/trade.js";
import { ExchangeClock } from "./exchange-clock.js";

function trade(time: number, source: Trade["source"] = "live"): Trade {
  return {
    market: "binance:A",
    id: "1",
    ord: "1",
    ids: "dense",
    kind: "raw",
    count: 1,
    price: "1",
    amount: "1",
    takerSide: "buy",
    time,
    receivedAt: time,
    source,
    offBook: false,
  };
}

describe("the exchange's clock", () => {
  const START = 1_800_000_000_000;
  let own: number;
  let clock: ExchangeClock;
  /**
   * A trade that arrives `late` ms after execution, with the exchange `ahead` ms of this computer.
   */
  const comes = (ahead: number, late: number) => clock.note([trade(own + ahead - late)]);

  beforeEach(() => {
    own = START;
    clock = new ExchangeClock(() => own);
  });

  it.each([-90_000, -700, 0, 45_000, 9_000_000])(
    "is found when this computer's is wrong by %i ms, from the quickest trades",
    (ahead) => {
      for (const late of [4_000, 120, 90_000, 130]) {
        comes(ahead, late);
        own += 1_000;
      }
      expect(clock.now()).toBe(own + ahead - 120);
    },
  );

  it("ignores trades executed long ago", () => {
    clock.note([trade(START - 86_400_000, "replay"), trade(1, "posted")]);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
    comes(5_000, 50);
    clock.note([trade(START + 900_000, "replay")]);
    expect(clock.now()).toBe(START + 4_950);
  });

  it("adapts within two minutes after this computer's clock was set", () => {
    comes(0, 100);
    own += 10_000;
    // Now it is right, and earlier trades seem to be ten seconds ahead.
    for (let second = 0; second < 130; second++) {
      comes(-10_000, 100);
      own += 1_000;
    }
    expect(clock.now()).toBe(own - 10_100);
  });

  it("keeps its offset while a market pauses", () => {
    comes(30_000, 80);
    own += 3_600_000;
    expect(clock.now()).toBe(own + 29_920);
  });
});
