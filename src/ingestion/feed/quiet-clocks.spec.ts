import { MINUTE_MS } from "../../domain/units.js";
import { QuietClocks } from "./quiet-clocks.js";

const OPEN = 1_723_161_240_000;
const NEXT = OPEN + MINUTE_MS;
const MARKETS = ["a:QUIET", "a:BUSY"];

describe("clock records", () => {
  it("are written once for each boundary without a trade, two seconds after it", () => {
    const clocks = new QuietClocks("1m");
    clocks.traded("a:QUIET", OPEN + 10);
    clocks.traded("a:BUSY", NEXT + 10);
    const at = (now: number): unknown => clocks.due(MARKETS, now, now).records;
    expect(at(NEXT + 1_999)).toEqual([]);
    expect(at(NEXT + 2_000)).toEqual([{ market: "a:QUIET", clock: NEXT }]);
    expect(at(NEXT + 2_250)).toEqual([]);
    expect(at(NEXT + MINUTE_MS + 2_000)).toEqual([
      { market: "a:QUIET", clock: NEXT + MINUTE_MS },
      { market: "a:BUSY", clock: NEXT + MINUTE_MS },
    ]);
  });

  it("wait for a message that the venue sent after the boundary", () => {
    const clocks = new QuietClocks("1m");
    const now = NEXT + 2_500;
    expect(clocks.due(MARKETS, now, NEXT + 100)).toEqual({
      records: [],
      isProven: false,
    });
    expect(clocks.due(MARKETS, now, NEXT + 2_100).records).toHaveLength(2);
  });

  it("follow the shortest stored interval", () => {
    const clocks = new QuietClocks("5m");
    const now = NEXT + 2_500;
    expect(clocks.due(["a:QUIET"], now, now).records).toEqual([
      { market: "a:QUIET", clock: NEXT - (NEXT % (5 * MINUTE_MS)) },
    ]);
  });
});
