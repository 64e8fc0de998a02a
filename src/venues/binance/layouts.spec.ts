import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { MIN_TIME } from "../../domain/trade.js";
import { BinanceDecoder } from "./frames.js";
import { SPOT_LAYOUTS, USDM_LAYOUTS } from "./layouts.js";

const CONTEXT = { receivedAt: MIN_TIME * 1.5, source: "live" as const };
const TIMES = { min: MIN_TIME, max: MIN_TIME * 1.2 };

/** The same decoder without layouts reads everything as JSON. */
const byJson = new BinanceDecoder("venue", []);
const spot = new BinanceDecoder("venue", SPOT_LAYOUTS);
const usdm = new BinanceDecoder("venue", USDM_LAYOUTS);
const matched = (text: string): boolean =>
  [...SPOT_LAYOUTS, ...USDM_LAYOUTS].some(({ pattern }) => pattern.test(text));

const decimal = fc.stringMatching(/^(0|[1-9]\d{0,5})(\.\d{1,8})?$/);
const id = fc.integer({ min: 0, max: 10 ** 12 });
const time = fc.integer(TIMES);
const common = {
  s: fc.stringMatching(/^[A-Z0-9_]{2,12}$/),
  p: decimal,
  q: decimal,
};

/** Frames as venues write them, field by field. */
const frames = fc.oneof(
  fc
    .record({
      ...common,
      a: id,
      f: id,
      n: fc.nat(2_000_000),
      E: time,
      T: time,
      m: fc.boolean(),
    })
    .map(({ s, p, q, a, f, n, E, T, m }) =>
      framed(s, {
        e: "aggTrade",
        E,
        s,
        a,
        p,
        q,
        f,
        l: Math.max(0, f + n - 3),
        T,
        m,
        M: true,
      }),
    ),
  fc
    .record({ ...common, t: id, E: time, T: time, m: fc.boolean() })
    .map(({ s, p, q, t, E, T, m }) => framed(s, { e: "trade", E, s, t, p, q, T, m, M: true })),
  fc
    .record({
      ...common,
      t: id,
      E: time,
      T: time,
      m: fc.boolean(),
      X: fc.constantFrom("MARKET", "INSURANCE_FUND", "ADL"),
    })
    .map(({ s, p, q, t, E, T, m, X }) => framed(s, { e: "trade", E, T, s, t, p, q, X, m })),
);

/** `expect` is slow and explains differences: it runs only for the case that differs. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

function framed(symbol: string, data: Record<string, unknown>): string {
  return JSON.stringify({
    stream: `${symbol.toLowerCase()}@${String(data["e"])}`,
    data,
  });
}

describe("a frame in a known layout", () => {
  it("is read as JSON would be, refusals included", () => {
    let fast = 0;
    fc.assert(
      fc.property(frames, (text) => {
        if (matched(text)) fast++;
        const expected = byJson.decode(text, CONTEXT);
        expectEqual(spot.decode(text, CONTEXT), expected);
        expectEqual(usdm.decode(text, CONTEXT), expected);
      }),
      { numRuns: 2_000 },
    );
    // Frames as the venue sends them must not need JSON: that is what the layouts are for.
    expect(fast).toBe(2_000);
  });

  it("with one character changed is read as JSON would be, or refused as JSON would be", () => {
    const characters = fc.constantFrom("0", "9", '"', "\\", ",", "-", ".", "e", " ", "\0", "é", "");
    let fast = 0;
    fc.assert(
      fc.property(
        frames,
        fc.nat(),
        characters,
        fc.constantFrom(0, 1),
        (text, place, character, removed) => {
          const at = place % text.length;
          const edited = text.slice(0, at) + character + text.slice(at + removed);
          if (matched(edited)) fast++;
          const expected = byJson.decode(edited, CONTEXT);
          expectEqual(spot.decode(edited, CONTEXT), expected);
          expectEqual(usdm.decode(edited, CONTEXT), expected);
        },
      ),
      { numRuns: 20_000 },
    );
    expect(fast).toBeGreaterThan(1_000);
  });
});
