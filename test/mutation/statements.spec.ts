import { existsSync, readFileSync } from "node:fs";
import { STATEMENTS, occurrences } from "./statements.js";

describe("mutants of SQL statements", () => {
  it.each(STATEMENTS)("of $name are changes of what its file says", (each) => {
    const text = readFileSync(each.file, "utf8");
    for (const [was, became] of each.mutants) {
      expect([was, occurrences(text, was)]).toEqual([was, 1]);
      expect(became).not.toBe(was);
    }
  });

  it.each(STATEMENTS)("of $name are tried with suites that exist", (each) => {
    for (const suite of each.suites) expect([suite, existsSync(suite)]).toEqual([suite, true]);
  });

  it("are refused when their text is gone, or stands there twice", () => {
    expect(occurrences("a b", "c")).toBe(0);
    expect(occurrences("a b a", "a")).toBe(2);
  });
});
