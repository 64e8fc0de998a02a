import { type Coverage, completeness, completenessByWatch } from "./coverage.js";

// Held: 10–19, 30–39, 50–59.
const coverage: Coverage = {
  ranges: [
    { from: 10n, to: 20n },
    { from: 30n, to: 40n },
    { from: 50n, to: 60n },
  ],
  oldest: 10n,
  newest: 60n,
  unwatched: [],
};

it.each([
  ["inside a range, with more on both sides", 12n, 18n, true],
  ["at the end of the newest range, which only time extends", 55n, 60n, true],
  ["at the oldest edge of what is held", 10n, 15n, null],
  ["right before a hole", 12n, 20n, false],
  ["right after a hole", 30n, 35n, false],
  ["over a hole", 15n, 35n, false],
  ["a whole range between two holes", 30n, 40n, false],
  ["the oldest range up to a hole", 10n, 20n, false],
  ["ids that are not held", 22n, 25n, false],
])("%s: %s to %s is %s", (_, from, to, expected) => {
  expect(completeness(from, to, coverage)).toBe(expected);
});

it("cannot be known for the only range there is, from its beginning", () => {
  const single = {
    ranges: [{ from: 1n, to: 9n }],
    oldest: 1n,
    newest: 9n,
    unwatched: [],
  };
  expect(completeness(1n, 9n, single)).toBeNull();
  expect(completeness(2n, 9n, single)).toBe(true);
});

it.each([
  [0, 99, null],
  [0, 100, false],
  [150, 159, false],
  [199, 300, false],
  [200, 300, null],
] as const)(
  "says of the bucket %s–%s, not followed in 100–199: %s",
  (openTime, closeTime, expected) => {
    const unwatched = [{ from: 100, to: 200 }];
    expect(completenessByWatch(openTime, closeTime, unwatched)).toBe(expected);
  },
);

it("says false of a bucket that one of several times overlaps", () => {
  const unwatched = [
    { from: 100, to: 200 },
    { from: 500, to: 600 },
  ];
  expect(completenessByWatch(300, 599, unwatched)).toBe(false);
  expect(completenessByWatch(300, 399, unwatched)).toBeNull();
});
