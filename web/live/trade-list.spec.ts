import { random, shuffled } from "../../test/support/random.js";
import { trade } from "../../test/support/tape.js";
import type { Trade } from "../../src/domain/trade.js";
import { TradeList } from "./trade-list.js";

function at(id: number, time = id): Trade {
  return trade("sim:A", id, time);
}

const ids = ({ rows }: TradeList) => rows.map(({ id }) => Number(id));

describe("the newest trades", () => {
  it("are ordered by time and ord, each once, whatever the order of arrival", () => {
    const all = [...Array(40).keys()].map((id) => at(id + 1, Math.floor(id / 4)));
    for (let seed = 0; seed < 30; seed++) {
      const list = new TradeList(25);
      const mixed = shuffled([...all, ...all], random(seed));
      while (mixed.length > 0) list.merge(mixed.splice(0, 1 + (seed % 7)));
      expect(ids(list)).toEqual([...Array(25).keys()].map((id) => 40 - id));
    }
  });

  it("says whether anything has changed", () => {
    const list = new TradeList(2);
    expect(list.merge([at(5), at(9)])).toBe(true);
    expect(list.merge([at(5)])).toBe(false);
    expect(list.merge([at(1)])).toBe(false);
    expect(list.merge([at(10)])).toBe(true);
    expect(ids(list)).toEqual([10, 9]);
  });

  it("are kept after a loss only when nothing can be missing between", () => {
    const list = new TradeList(10);
    list.merge([at(1), at(2), at(3)]);
    list.resume([at(3), at(4)], true);
    expect(ids(list)).toEqual([4, 3, 2, 1]);
    list.resume([at(8), at(9)], true);
    expect(ids(list)).toEqual([9, 8]);
    list.resume([at(9), at(10)], false);
    expect(ids(list)).toEqual([10, 9]);
  });
});
