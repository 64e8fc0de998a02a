import { HOUR_MS } from "../../domain/units.js";
import { dayOf, isPublished, nextStep, spanOf, widened } from "./backfill-plan.js";

const at = (text: string): number => Date.parse(`${text}Z`);
const base = {
  reached: at("2024-01-01T00:00"),
  to: at("2024-03-10T00:00"),
  now: at("2024-03-12T12:00"),
  horizon: 0,
  hasFiles: true,
  withoutFile: new Set<string>(),
};

describe("the next step of a backfill", () => {
  it("is a whole month where one is wanted and over", () => {
    expect(nextStep(base)).toEqual({
      by: "month",
      period: "2024-01",
      to: at("2024-02-01T00:00"),
    });
    expect(nextStep({ ...base, reached: at("2024-03-01T00:00") })).toEqual({
      by: "day",
      period: "2024-03-01",
      to: at("2024-03-02T00:00"),
    });
  });

  it("is a day within a month, without the month's file, and where trades are not kept", () => {
    const day = { by: "day", period: "2024-01-01", to: at("2024-01-02T00:00") };
    expect(nextStep({ ...base, withoutFile: new Set(["2024-01"]) })).toEqual(day);
    expect(nextStep({ ...base, horizon: at("2024-02-01T00:00") })).toEqual(day);
    expect(nextStep({ ...base, reached: at("2024-01-01T05:00") })).toEqual(day);
  });

  it("is REST for today, without a file, and of a venue that has none; a day at most", () => {
    const rest = { by: "rest", to: at("2024-01-02T00:00") };
    const withoutFile = new Set(["2024-01", "2024-01-01"]);
    expect(nextStep({ ...base, withoutFile })).toEqual(rest);
    expect(nextStep({ ...base, hasFiles: false })).toEqual(rest);
    const today = { ...base, reached: base.now - HOUR_MS, to: base.now };
    expect(nextStep(today)).toEqual({ by: "rest", to: base.now });
  });

  it("is a month up to the moment that it is over, wanted or kept", () => {
    const february = at("2024-02-01T00:00");
    for (const just of [{ to: february }, { now: february }, { horizon: base.reached }])
      expect(nextStep({ ...base, ...just }).by).toBe("month");
    for (const short of [
      { to: february - 1 },
      { now: february - 1 },
      { horizon: base.reached + 1 },
      { reached: base.reached + 1 },
    ])
      expect(nextStep({ ...base, ...short })).toMatchObject({ by: "day", period: "2024-01-01" });
  });

  it("is a day from the moment that it is over", () => {
    const reached = at("2024-03-09T00:00");
    const over = { ...base, reached, now: at("2024-03-10T00:00") };
    expect(nextStep(over)).toMatchObject({ by: "day", period: "2024-03-09" });
    expect(nextStep({ ...over, now: over.now - 1 }).by).toBe("rest");
  });

  it("goes over the end of a year by whole months", () => {
    const december = { ...base, reached: at("2023-12-01T00:00") };
    expect(nextStep(december)).toEqual({
      by: "month",
      period: "2023-12",
      to: at("2024-01-01T00:00"),
    });
  });

  it("ends where the requested span ends", () => {
    const to = at("2024-01-01T07:00");
    expect(nextStep({ ...base, to })).toEqual({
      by: "day",
      period: "2024-01-01",
      to,
    });
  });
});

it("knows the span of a period, and when its file can be expected", () => {
  expect(spanOf("2024-02")).toEqual({
    from: at("2024-02-01T00:00"),
    to: at("2024-03-01T00:00"),
  });
  expect(spanOf("2024-12-31")).toEqual({
    from: at("2024-12-31T00:00"),
    to: at("2025-01-01T00:00"),
  });
  expect(isPublished("2024-03-11", base.now)).toBe(false);
  expect(isPublished("2024-03-09", base.now)).toBe(true);
  expect(isPublished("2024-03-09", at("2024-03-12T00:00"))).toBe(true);
  expect(isPublished("2024-03-09", at("2024-03-12T00:00") - 1)).toBe(false);
});

it("widens to whole days beyond the horizon, and nowhere else", () => {
  const horizon = at("2024-02-01T00:00");
  const span = { from: at("2024-01-05T07:00"), to: at("2024-02-03T09:00") };
  expect(widened(span, horizon)).toEqual({
    from: at("2024-01-05T00:00"),
    to: span.to,
  });
  expect(widened(span, 0)).toEqual(span);
  const beyond = { from: at("2024-01-05T07:00"), to: at("2024-01-30T09:00") };
  expect(widened(beyond, horizon)).toEqual({
    from: at("2024-01-05T00:00"),
    to: at("2024-01-31T00:00"),
  });
  const whole = { from: at("2024-01-05T00:00"), to: at("2024-01-30T00:00") };
  expect(widened(whole, horizon)).toEqual(whole);
  const inside = { from: at("2024-02-01T07:00"), to: at("2024-02-01T09:00") };
  expect(widened(inside, inside.from)).toEqual(inside);
  expect(widened(inside, inside.to)).toEqual({ from: horizon, to: inside.to });
});

it("knows the midnight before a time", () => {
  expect(dayOf(at("2024-02-29T23:59"))).toBe(at("2024-02-29T00:00"));
  expect(dayOf(at("2024-02-29T00:00"))).toBe(at("2024-02-29T00:00"));
});
