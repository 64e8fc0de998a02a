import type { Trade } from "../../domain/trade.js";
import { ReportedIds } from "./reported-ids.js";

/** Only the fields that are read. */
function trade(ord: number, count = 1): Trade {
  return { ord: String(ord), count } as Trade;
}
const range = (from: number, to: number) => ({
  from: BigInt(from),
  to: BigInt(to),
});

describe("what a venue reported about a hole", () => {
  it("is everything when each id came or lies between others, in any order of pages", () => {
    const reported = new ReportedIds(range(100, 130));
    reported.add(range(115, 130), [trade(115, 5), trade(122), trade(125, 9)]);
    reported.add(range(100, 115), [trade(95, 10), trade(105, 5)]);
    expect(reported.unreported).toBe(0n);
    expect(reported.absent).toEqual([range(120, 122), range(123, 125), range(110, 115)]);
    expect(reported.highest).toBe(133n);
  });

  it("leaves out what no page covers", () => {
    const reported = new ReportedIds(range(100, 130));
    reported.add(undefined, []);
    reported.add(range(110, 120), []);
    expect(reported.unreported).toBe(20n);
    expect(reported.absent).toEqual([range(110, 120)]);
    expect(reported.highest).toBe(-1n);
  });

  it("proves nothing of ids that the venue may not know yet", () => {
    const reported = new ReportedIds(range(100, 130));
    reported.add(range(100, 130), [trade(110)]);
    expect(reported.absentUpTo(110n)).toEqual([range(100, 110)]);
    expect(reported.absentUpTo(119n)).toEqual([range(100, 110), range(111, 120)]);
    expect(reported.absentUpTo(99n)).toEqual([]);
    expect(reported.absentUpTo(1_000n)).toEqual(reported.absent);
  });

  it("remembers 10,000 ranges without a trade, and leaves the rest to the next attempt", () => {
    const odd = Array.from({ length: 12_000 }, (_, index) => trade(2 * index + 1));
    const reported = new ReportedIds(range(0, 30_000));
    reported.add(range(0, 16_000), odd.slice(0, 8_000));
    expect(reported.absent).toHaveLength(8_000);
    reported.add(range(16_000, 24_000), odd.slice(8_000));
    expect(reported.absent).toHaveLength(10_000);
    expect(reported.absent.at(-1)).toEqual(range(19_998, 19_999));
    expect(reported.unreported).toBe(6_000n);
  });
});
