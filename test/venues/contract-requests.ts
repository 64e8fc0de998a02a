import fc from "fast-check";
import { INTERVALS, shapeOf } from "../../src/domain/interval.js";
import type { RestRequest, Venue } from "../../src/venues/venue.js";
import { FULL, OPEN, type VenueFixture } from "./fixtures.js";

const MINUTE = 60_000;
const ERROR =
  '{"code":-1121,"msg":"Invalid symbol.","error":["EQuery:Unknown asset pair"]}';

/** What the venue's REST is asked, and its answers. */
export function testRequests(venue: Venue, fixture: VenueFixture): void {
  const [symbol] = fixture.symbols;
  const { klines, repair } = venue;
  const hole = { symbol, from: 10n, to: 20n, after: OPEN, before: OPEN + 1 };
  const questions: RestRequest<unknown>[] = [
    venue.newestTrade(symbol),
    klines.fetch(symbol, "1m", OPEN, OPEN + MINUTE),
    repair.kind === "by id" ? repair.begin(hole, "live") : undefined,
  ].filter((question) => question !== undefined);

  it("asks at paths with a weight within the budget", () => {
    for (const { path, weight } of questions) {
      expect(path).toMatch(/^\/[^ ]+$/);
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThanOrEqual(venue.rest.budget.weight);
    }
  });

  it("reads whatever is answered without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        for (const question of questions) {
          const answer = question.read(body, OPEN);
          if (!answer.ok) expect(answer.reason).toMatch(/^[a-z_]+$/);
        }
        const context = { receivedAt: OPEN, source: "live" } as const;
        expect(venue.decodeRest(body, symbol, context)).toHaveProperty("type");
      }),
    );
  });

  it("refuses an answer that is an error, with a reason", () => {
    for (const question of questions)
      expect(question.read(ERROR, OPEN)).toMatchObject({ ok: false });
  });

  describe("candles", () => {
    const { body, told } = fixture.candle;
    const question = klines.fetch(symbol, "1m", OPEN, OPEN + MINUTE);

    it("are read in exact decimals, null where the venue does not tell", () => {
      expect(question?.read(body, OPEN)).toEqual({
        ok: true,
        value: [{ ...FULL, ...told }],
      });
    });

    it("are refused as a whole when one of them cannot be read", () => {
      const broken = body.replace(/"?12\.34567891"?/, '"many"');
      expect(question?.read(broken, OPEN)).toMatchObject({
        ok: false,
        reason: "bad_kline",
      });
    });

    it("are asked for where the venue has such an interval, and nowhere else", () => {
      const offered = INTERVALS.filter((each) => each in klines.intervals);
      expect(offered).toHaveLength(Object.keys(klines.intervals).length);
      // Its anchor is nobody's but Binance's own.
      expect(offered).not.toContain("3d");
      for (const interval of INTERVALS) {
        const end = OPEN + shapeOf(interval).width;
        const asked = klines.fetch(symbol, interval, OPEN, end);
        expect(asked !== undefined).toBe(offered.includes(interval));
      }
    });
  });
}
