import {
  DEFAULT_INTERVALS,
  INTERVALS,
  closeTimeOf,
  isInterval,
  nextOpenTime,
  openTimeOf,
  shapeOf,
} from "./interval.js";
import { HOUR_MS } from "./units.js";

it("stores every interval but 1s unless configured", () => {
  expect(DEFAULT_INTERVALS).toEqual(INTERVALS.slice(1));
  expect(DEFAULT_INTERVALS).toHaveLength(15);
});

it.each([
  ["1m", "2024-08-08T23:59:00.000Z", "2024-08-08T23:59:59.999Z"],
  ["8h", "2024-08-08T16:00:00.000Z", "2024-08-08T23:59:59.999Z"],
  ["1d", "2024-08-08T00:00:00.000Z", "2024-08-08T23:59:59.999Z"],
  ["1w", "2024-08-05T00:00:00.000Z", "2024-08-11T23:59:59.999Z"],
  ["1M", "2024-08-01T00:00:00.000Z", "2024-08-31T23:59:59.999Z"],
] as const)(
  "puts the last ms of a day into the %s bucket from %s to %s",
  (interval, open, close) => {
    const openTime = openTimeOf(interval, Date.UTC(2024, 7, 9) - 1);
    expect(new Date(openTime).toISOString()).toBe(open);
    expect(new Date(closeTimeOf(interval, openTime)).toISOString()).toBe(close);
  },
);

it.each(INTERVALS)("leaves no millisecond between two %s buckets", (interval) => {
  for (let time = Date.UTC(2024, 1, 28, 23, 59); time < Date.UTC(2024, 2, 9); time += 7 * HOUR_MS) {
    const openTime = openTimeOf(interval, time);
    const next = nextOpenTime(interval, openTime);
    expect(openTimeOf(interval, next)).toBe(next);
    expect(openTimeOf(interval, next - 1)).toBe(openTime);
    expect(openTime <= time && time < next).toBe(true);
  }
});

it("counts three days from the epoch and weeks from Monday", () => {
  expect(openTimeOf("3d", Date.UTC(1970, 0, 3, 23))).toBe(0);
  expect(new Date(openTimeOf("1w", Date.UTC(2026, 10, 21))).getUTCDay()).toBe(1);
});

it("knows the width and the anchor of each interval, in ms", () => {
  const shapes = INTERVALS.map((interval) => {
    const { width, anchor } = shapeOf(interval);
    return [interval, width, anchor];
  });
  expect(shapes).toEqual([
    ["1s", 1_000, 0],
    ["1m", 60_000, 0],
    ["3m", 180_000, 0],
    ["5m", 300_000, 0],
    ["15m", 900_000, 0],
    ["30m", 1_800_000, 0],
    ["1h", 3_600_000, 0],
    ["2h", 7_200_000, 0],
    ["4h", 14_400_000, 0],
    ["6h", 21_600_000, 0],
    ["8h", 28_800_000, 0],
    ["12h", 43_200_000, 0],
    ["1d", 86_400_000, 0],
    ["3d", 259_200_000, 0],
    ["1w", 604_800_000, 345_600_000],
    ["1M", 0, 0],
  ]);
});

it("tells the month from the minute, and knows no other text", () => {
  expect(["1m", "1M", "1D", "60", "", "toString"].map(isInterval)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

it("puts times before 1970 into the bucket that holds them", () => {
  expect(openTimeOf("1h", -1)).toBe(-3_600_000);
  expect(openTimeOf("1h", -3_600_000)).toBe(-3_600_000);
  expect(openTimeOf("1w", 0)).toBe(-3 * 86_400_000);
});
