import { DAY_MS } from "../../domain/units.js";
import { ProblemException } from "../../http/problem.js";
import { type BackfillRequest, rangeOf } from "./backfill-request.js";

const NOW = Date.UTC(2026, 0, 5, 12);

function refusal(times: Pick<BackfillRequest, "from" | "to">): unknown {
  try {
    return rangeOf({ market: "binance:BTCUSDT", ...times }, NOW);
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return (error.getResponse() as { errors: unknown[] }).errors[0];
  }
}

describe("the time of a backfill", () => {
  it("ends now by default", () => {
    expect(refusal({ from: NOW - DAY_MS })).toEqual({
      from: NOW - DAY_MS,
      to: NOW,
    });
  });

  // A year too many: the sender sees how the value was read.
  it.each([
    [{ from: 0 }, "from", "must be 2009-01-03T00:00:00.000Z or later", "1970-01-01T00:00:00.000Z"],
    [
      { from: NOW + DAY_MS },
      "from",
      "must be before to (2026-01-05T12:00:00.000Z, now)",
      "2026-01-06T12:00:00.000Z",
    ],
    [
      { from: NOW - DAY_MS, to: NOW - DAY_MS },
      "from",
      "must be before to (2026-01-04T12:00:00.000Z)",
      "2026-01-04T12:00:00.000Z",
    ],
    [
      { from: NOW - DAY_MS, to: NOW + 1 },
      "to",
      "must not lie in the future (it is 2026-01-05T12:00:00.000Z)",
      "2026-01-05T12:00:00.001Z",
    ],
    [
      { from: NOW - DAY_MS, to: Number.MAX_SAFE_INTEGER },
      "to",
      "must not lie in the future (it is 2026-01-05T12:00:00.000Z)",
      "9007199254740991",
    ],
    [
      { from: NOW - 4_000 * DAY_MS },
      "from",
      "must be at most 3660 days before to (2026-01-05T12:00:00.000Z, now)",
      "2015-01-23T12:00:00.000Z",
    ],
  ])("%j is refused with its limit and what was sent", (times, field, ...rest) => {
    const [detail, value] = rest;
    expect(refusal(times)).toEqual({ field, detail, value });
  });
});
