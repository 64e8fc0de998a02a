import fc from "fast-check";
import { INTERVALS, shapeOf } from "../../src/domain/interval.js";
import type { RestRequest, Venue } from "../../src/venues/venue.js";
import { FULL, OPEN, type VenueFixture } from "./fixtures.js";

const MINUTE = 60_000;
const ERROR = '{"code":-1121,"msg":"Invalid symbol.","error":["EQuery:Unknown asset pair"]}';

/** The requests to the venue's REST, and its answers. */
export function testRequests(venue: Venue, fixture: VenueFixture): void {
  const [symbol] = fixture.symbols;
  const { klines, repair } = venue;
  const hole = { symbol, from: 10n, to: 20n, after: OPEN, before: OPEN + 1 };
  const requests: RestRequest<unknown>[] = [
    venue.newestTrade(symbol),
    klines.fetch(symbol, "1m", OPEN, OPEN + MINUTE),
    repair.kind === "by id" ? repair.begin(hole, "live") : undefined,
  ].filter((request) => request !== undefined);

  it("have paths, and weights within the budget", () => {
    for (const { path, weight } of requests) {
      expect(path).toMatch(/^\/[^ ]+$/);
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThanOrEqual(venue.rest.budget.weight);
    }
  });

  it("read any answer without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        for (const request of requests) {
          const answer = request.read(body, { receivedAt: OPEN });
          if (!answer.ok) expect(answer.reason).toMatch(/^[a-z_]+$/);
        }
        const context = { receivedAt: OPEN, source: "live" } as const;
        expect(venue.decodeRest(body, symbol, context)).toHaveProperty("type");
      }),
    );
  });

  it("refuse an error answer, with a reason and the venue's own words", () => {
    const detail = expect.stringContaining("EQuery:Unknown asset pair") as string;
    for (const request of requests)
      expect(request.read(ERROR, { receivedAt: OPEN })).toMatchObject({ ok: false, detail });
  });

  describe("candles", () => {
    const { body, reported } = fixture.candle;
    const request = klines.fetch(symbol, "1m", OPEN, OPEN + MINUTE);

    it("are read in exact decimals, null where the venue does not report them", () => {
      expect(request?.read(body, { receivedAt: OPEN })).toEqual({
        ok: true,
        value: [{ ...FULL, ...reported }],
      });
    });

    it("are refused as a whole when one of them cannot be read", () => {
      const broken = body.replace(/"?12\.34567891"?/, '"many"');
      expect(request?.read(broken, { receivedAt: OPEN })).toMatchObject({
        ok: false,
        reason: "bad_kline",
      });
    });

    it("are requested for the venue's intervals only", () => {
      const offered = INTERVALS.filter((each) => each in klines.intervals);
      expect(offered).toHaveLength(Object.keys(klines.intervals).length);
      // Only Binance has its anchor.
      expect(offered).not.toContain("3d");
      for (const interval of INTERVALS) {
        const end = OPEN + shapeOf(interval).width;
        const offer = klines.fetch(symbol, interval, OPEN, end);
        expect(offer !== undefined).toBe(offered.includes(interval));
      }
    });
  });
}
