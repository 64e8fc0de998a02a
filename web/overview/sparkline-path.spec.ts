import { between, sparklinePath } from "./sparkline-path.js";

const line = { times: [0, 10, 20], closes: ["1", "3", "2"] };

describe("a sparkline", () => {
  it("fills its box, higher prices further up", () => {
    expect(sparklinePath(line, 100, 12)).toBe("M0.0 11.0L50.0 1.0L100.0 6.0");
  });

  it("leaves a gap as wide as it lasted", () => {
    const hole = { times: [0, 10, 100], closes: ["1", "2", "3"] };
    expect(sparklinePath(hole, 100, 12)).toContain("L10.0 ");
  });

  it("of one price runs through the middle", () => {
    const flat = { times: [0, 10], closes: ["5", "5"] };
    expect(sparklinePath(flat, 10, 12)).toBe("M0.0 6.0L10.0 6.0");
  });

  it("needs two points", () => {
    expect(sparklinePath({ times: [], closes: [] }, 10, 10)).toBeUndefined();
    expect(sparklinePath({ times: [1], closes: ["1"] }, 10, 10)).toBeUndefined();
  });

  it("runs from the first price of the window to the newest", () => {
    const ends = { openTime: 5, open: "4", closeTime: 20, last: "7" };
    expect(between({ from: 0, ...line }, ends)).toEqual({
      from: 0,
      times: [5, 10, 20],
      closes: ["4", "3", "7"],
    });
  });
});
