import { HOUR_MS } from "../../domain/units.js";
import { isPublished, nextStep, spanOf, widened } from "./backfill-plan.js";

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
  expect(spanOf("2024-12-31").to).toBe(at("2025-01-01T00:00"));
  expect(isPublished("2024-03-11", base.now)).toBe(false);
  expect(isPublished("2024-03-09", base.now)).toBe(true);
});

it("widens to whole days beyond the horizon, and nowhere else", () => {
  const horizon = at("2024-02-01T00:00");
  const span = { from: at("2024-01-05T07:00"), to: at("2024-02-03T09:00") };
  expect(widened(span, horizon)).toEqual({
    from: at("2024-01-05T00:00"),
    to: span.to,
  });
  expect(widened(span, 0)).toEqual(span);
});
