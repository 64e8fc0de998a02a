import { actionOf, moved } from "./keyboard.js";

describe("a key", () => {
  it("controls the table from anywhere but a text", () => {
    expect(actionOf("/", "page")).toEqual({ kind: "filter" });
    expect(actionOf("s", "page")).toEqual({ kind: "sort" });
    expect(actionOf("r", "control")).toEqual({ kind: "reverse" });
    expect(actionOf("s", "text")).toBeUndefined();
    expect(actionOf("/", "text")).toBeUndefined();
  });

  it("leaves Enter and the arrows to a button", () => {
    expect(actionOf("Enter", "control")).toBeUndefined();
    expect(actionOf("ArrowDown", "control")).toBeUndefined();
  });

  it("leads from the filter into the table", () => {
    expect(actionOf("ArrowDown", "text")).toEqual({
      kind: "move",
      move: "down",
    });
    expect(actionOf("Enter", "text")).toEqual({ kind: "open" });
    expect(actionOf("Home", "text")).toBeUndefined();
  });

  it("without a function is ignored", () => {
    expect(actionOf("x", "page")).toBeUndefined();
    expect(actionOf("Tab", "page")).toBeUndefined();
    expect(actionOf("constructor", "page")).toBeUndefined();
  });
});

describe("a move", () => {
  it.each([
    [0, "up", 0],
    [0, "down", 1],
    [199, "down", 199],
    [50, "pageUp", 30],
    [190, "pageDown", 199],
    [7, "first", 0],
    [7, "last", 199],
    [-1, "down", 0],
    [-1, "up", 199],
  ] as const)("from row %i %s leads to %i", (from, move, to) => {
    expect(moved(from, move, 200, 20)).toBe(to);
  });
});
