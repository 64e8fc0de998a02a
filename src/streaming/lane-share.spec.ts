import { LaneShare } from "./lane-share.js";

describe("the assignment of markets to lanes", () => {
  it("is round-robin and keeps each market in its lane", () => {
    const share = new LaneShare(3);
    const names = ["sim:A", "sim:B", "sim:C", "sim:D", "sim:E"];
    const dealt = names.map((name) => share.of(name));
    expect(dealt).toEqual([0, 1, 2, 0, 1]);
    for (let market = 0; market < 100; market++) share.of(`binance:M${market}`);
    expect(names.map((name) => share.of(name))).toEqual(dealt);
  });

  it("is the only lane where there is one", () => {
    const share = new LaneShare(1);
    expect([share.of("sim:A"), share.of("sim:B")]).toEqual([0, 0]);
  });

  it("moves no market above the remembered number, and still balances the lanes", () => {
    const share = new LaneShare(4);
    const markets = Array.from({ length: 20_000 }, (_, at) => `binance:M${at}`);
    const lanes = markets.map((market) => share.of(market));
    expect(markets.map((market) => share.of(market))).toEqual(lanes);
    for (const part of [lanes.slice(0, 10_000), lanes.slice(10_000)])
      for (let lane = 0; lane < 4; lane++)
        expect(part.filter((one) => one === lane).length).toBeGreaterThan(2_200);
  });
});
