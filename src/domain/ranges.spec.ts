import fc from "fast-check";
import {
  type IdRange,
  coalesce,
  idRangesOf,
  intersect,
  multirangeOf,
  overlaps,
  rangeHolding,
  subtract,
  timeRangesOf,
} from "./ranges.js";

const HIGHEST = 60;

/** Empty ones among them, as a caller may have them. */
const anyRange = fc
  .tuple(fc.nat(HIGHEST), fc.nat(12))
  .map(([from, size]) => ({ from: BigInt(from), to: BigInt(from + size) }));
const anyRanges = fc.array(anyRange, { maxLength: 12, size: "max" });

/** The ids of the ranges, one by one. */
function idsOf(...ranges: IdRange[]): Set<bigint> {
  const ids = new Set<bigint>();
  for (const { from, to } of ranges) for (let id = from; id < to; id++) ids.add(id);
  return ids;
}

const sorted = (ids: ReadonlySet<bigint>): bigint[] => [...ids].sort((a, b) => Number(a - b));

function expectApart(ranges: readonly IdRange[]): void {
  ranges.forEach(({ from, to }, at) => {
    expect(from < to).toBe(true);
    const before = ranges[at - 1];
    if (before !== undefined) expect(before.to < from).toBe(true);
  });
}

describe("ranges of ids", () => {
  it("coalesce to the same ids, in ascending ranges that do not touch", () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const before = structuredClone(ranges);
        const joined = coalesce(ranges);
        expect(sorted(idsOf(...joined))).toEqual(sorted(idsOf(...ranges)));
        expectApart(joined);
        expect(ranges).toEqual(before);
      }),
    );
  });

  it("are subtracted id by id", () => {
    fc.assert(
      fc.property(anyRange, anyRanges, (whole, others) => {
        const gone = idsOf(...others);
        const left = subtract(whole, others);
        expect([...idsOf(...left)]).toEqual([...idsOf(whole)].filter((id) => !gone.has(id)));
        expectApart(left);
      }),
    );
  });

  it("intersect in the ids that both have, and overlap when there are any", () => {
    fc.assert(
      fc.property(anyRange, anyRange, (a, b) => {
        const other = idsOf(b);
        const both = [...idsOf(a)].filter((id) => other.has(id));
        const range = intersect(a, b);
        expect(range && [...idsOf(range)]).toEqual(both.length > 0 ? both : undefined);
        const [isSome, hasBoth] = [a, b].map(({ from, to }) => from < to);
        if (isSome === true && hasBoth === true) expect(overlaps(a, b)).toBe(both.length > 0);
      }),
    );
  });

  it("are found by an id that they hold", () => {
    fc.assert(
      fc.property(anyRanges, fc.nat(HIGHEST + 12), (ranges, id) => {
        const apart = coalesce(ranges);
        expect(rangeHolding(BigInt(id), apart)).toEqual(
          apart.find(({ from, to }) => from <= id && id < to),
        );
      }),
    );
  });

  it("come back from what PostgreSQL writes, whatever their size", () => {
    const widest = fc
      .array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), { maxLength: 20 })
      .map((ends) => [...new Set(ends)].sort((a, b) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(widest, (ends) => {
        const ranges = ends.flatMap((from, at) =>
          at % 2 === 0 && ends[at + 1] !== undefined ? [{ from, to: ends[at + 1] as bigint }] : [],
        );
        expect(idRangesOf(multirangeOf(ranges))).toEqual(ranges);
      }),
    );
  });
});

it("reads and writes the text of a multirange", () => {
  expect(idRangesOf("{}")).toEqual([]);
  expect(idRangesOf("{[1,5),[8,9223372036854775807)}")).toEqual([
    { from: 1n, to: 5n },
    { from: 8n, to: 9223372036854775807n },
  ]);
  expect(timeRangesOf("{[1763683200000,1763683260000)}")).toEqual([
    { from: 1763683200000, to: 1763683260000 },
  ]);
  expect(multirangeOf([])).toBe("{}");
  expect(
    multirangeOf([
      { from: 1n, to: 5n },
      { from: 8n, to: 9n },
    ]),
  ).toBe("{[1,5),[8,9)}");
});
