import fc from "fast-check";
import { fromUnits, toUnits } from "./decimal.js";
import { decimalsOf } from "./instrument.js";

describe("the fraction digits of a step", () => {
  it.each([
    ["1", 0],
    ["10", 0],
    ["1000", 0],
    ["0.1", 1],
    ["0.01", 2],
    ["0.5", 1],
    ["0.25", 2],
    ["0.025", 3],
    ["2.5", 1],
    ["0.00000001", 8],
    // As venues write them.
    ["0.01000000", 2],
    ["1.00000000", 0],
  ])("of %s are %i", (step, digits) => {
    expect(decimalsOf(step)).toBe(digits);
  });

  it("are none where it cannot be read", () => {
    expect(["", "1e-8", "-0.1"].map(decimalsOf)).toEqual([0, 0, 0]);
  });

  it("are enough for every multiple of it, and no fewer would be", () => {
    const steps = fc
      .tuple(fc.integer({ min: 1, max: 9_999 }), fc.nat({ max: 12 }))
      .map(([units, places]) => fromUnits(BigInt(units) * 10n ** BigInt(36 - places)));
    fc.assert(
      fc.property(steps, fc.nat({ max: 100_000 }), (step, times) => {
        const multiple = fromUnits(toUnits(step) * BigInt(times));
        expect(multiple.split(".")[1]?.length ?? 0).toBeLessThanOrEqual(decimalsOf(step));
        expect(step.split(".")[1]?.length ?? 0).toBe(decimalsOf(step));
      }),
    );
  });
});
