import fc from "fast-check";
import { IdRanges } from "./id-ranges.js";

function rangesOf(parts: readonly (readonly [number, number])[]): IdRanges {
  const ranges = new IdRanges();
  for (const [from, count] of parts) ranges.add(BigInt(from), count);
  return ranges;
}

describe("the ids of a recording", () => {
  it("without a hole have none", () => {
    expect(
      rangesOf([
        [5, 1],
        [6, 3],
        [9, 1],
      ]).gaps(),
    ).toEqual({ holes: 0, ids: 0n });
    expect(new IdRanges().gaps()).toEqual({ holes: 0, ids: 0n });
  });

  it("have the same holes in any order and any number of copies", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 })), {
          minLength: 1,
          maxLength: 30,
        }),
        (parts) => {
          const held = new Set(
            parts.flatMap(([from, count]) => Array.from({ length: count }, (_, at) => from + at)),
          );
          const [first, last] = [Math.min(...held), Math.max(...held)];
          const missing = Array.from({ length: last - first }, (_, at) => first + at).filter(
            (id) => !held.has(id),
          );
          const holes = missing.filter((id) => !missing.includes(id - 1)).length;
          const ranges = rangesOf(parts);
          expect(ranges.gaps()).toEqual({ holes, ids: BigInt(missing.length) });
          expect([ranges.first, ranges.last]).toEqual([BigInt(first), BigInt(last)]);
        },
      ),
    );
  });

  it("are kept up to a limit", () => {
    const ranges = new IdRanges();
    for (let id = 0n; id < 220_000n; id += 2n) ranges.add(id, 1);
    expect(ranges.gaps()).toBeUndefined();
  });
});
