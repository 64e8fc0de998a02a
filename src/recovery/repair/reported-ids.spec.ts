import type { Trade } from "../../domain/trade.js";
import { ReportedIds } from "./reported-ids.js";

/** Only what is looked at. */
function trade(ord: number, count = 1): Trade {
  return { ord: String(ord), count } as Trade;
}
const range = (from: number, to: number) => ({
  from: BigInt(from),
  to: BigInt(to),
});

describe("what a venue told of a hole", () => {
  it("is everything when each id came or lies between others, whatever the order of the pages", () => {
    const told = new ReportedIds(range(100, 130));
    told.add(range(115, 130), [trade(115, 5), trade(122), trade(125, 9)]);
    told.add(range(100, 115), [trade(95, 10), trade(105, 5)]);
    expect(told.unreported).toBe(0n);
    expect(told.absent).toEqual([
      range(120, 122),
      range(123, 125),
      range(110, 115),
    ]);
    expect(told.highest).toBe(133n);
  });

  it("leaves out what no page spoke of", () => {
    const told = new ReportedIds(range(100, 130));
    told.add(undefined, []);
    told.add(range(110, 120), []);
    expect(told.unreported).toBe(20n);
    expect(told.absent).toEqual([range(110, 120)]);
    expect(told.highest).toBe(-1n);
  });

  it("proves nothing of ids that the venue may not know yet", () => {
    const told = new ReportedIds(range(100, 130));
    told.add(range(100, 130), [trade(110)]);
    expect(told.absentUpTo(110n)).toEqual([range(100, 110)]);
    expect(told.absentUpTo(119n)).toEqual([range(100, 110), range(111, 120)]);
    expect(told.absentUpTo(99n)).toEqual([]);
    expect(told.absentUpTo(1_000n)).toEqual(told.absent);
  });
});
