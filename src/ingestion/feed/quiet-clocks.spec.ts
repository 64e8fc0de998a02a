import { MINUTE_MS } from "../../domain/units.js";
import { QuietClocks } from "./quiet-clocks.js";

const OPEN = 1_723_161_240_000;
const NEXT = OPEN + MINUTE_MS;
const MARKETS = ["a:QUIET", "a:BUSY"];

/** A message with one trade of that time; two with one `receivedAt` came together. */
const message = (market: string, time: number, receivedAt = time, id = `${time}`) => ({
  market,
  id,
  time,
  receivedAt,
});

describe("clock records", () => {
  it("are written once for each boundary without a trade, two seconds after it", () => {
    const clocks = new QuietClocks("1m");
    for (const after of [20, 10]) clocks.traded(message("a:QUIET", OPEN + after));
    for (const after of [20, 10]) clocks.traded(message("a:BUSY", NEXT + after));
    const at = (now: number): unknown => clocks.due(MARKETS, now, now).records;
    expect(at(NEXT + 1_999)).toEqual([]);
    expect(at(NEXT + 2_000)).toEqual([{ market: "a:QUIET", clock: NEXT }]);
    expect(at(NEXT + 2_250)).toEqual([]);
    expect(at(NEXT + MINUTE_MS + 2_000)).toEqual([
      { market: "a:QUIET", clock: NEXT + MINUTE_MS },
      { market: "a:BUSY", clock: NEXT + MINUTE_MS },
    ]);
  });

  it("are written for a market of which one message alone is behind the boundary", () => {
    const clocks = new QuietClocks("1m");
    for (const time of [OPEN + 10, OPEN + 20, NEXT + 10]) clocks.traded(message("a:BUSY", time));
    const [now, both] = [NEXT + 2_000, ["a:BUSY"]];
    expect(clocks.due(both, now, now).records).toEqual([{ market: "a:BUSY", clock: NEXT }]);
  });

  it.each([
    ["a copy", message("a:BUSY", NEXT + 10, NEXT + 500)],
    ["another of the same millisecond", message("a:BUSY", NEXT + 20, NEXT + 10)],
  ])("are written where %s of that message came, which proves no more", (_, second) => {
    const clocks = new QuietClocks("1m");
    for (const each of [message("a:BUSY", OPEN), message("a:BUSY", NEXT + 10), second])
      clocks.traded(each);
    const now = NEXT + 2_000;
    expect(clocks.due(["a:BUSY"], now, now).records).toHaveLength(1);
    clocks.traded(message("a:BUSY", NEXT + 30));
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
