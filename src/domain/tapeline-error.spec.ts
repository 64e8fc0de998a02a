import { TapelineError, canRetry, hasCode } from "./tapeline-error.js";

class Special extends TapelineError<"in_use"> {}

describe("an error of Tapeline", () => {
  it("has a code, its cause, and the name of its class", () => {
    const cause = new Error("inner");
    const error = new Special("in_use", "it is in use", { cause });
    expect(error).toMatchObject({ code: "in_use", cause, name: "Special" });
    expect(String(error)).toBe("Special: it is in use");
    expect("cause" in new TapelineError("full", "no room")).toBe(false);
  });

  it("says by its code whether a retry can help, unless the thrower overrides it", () => {
    expect(canRetry(new TapelineError("full", "no room"))).toBe(true);
    expect(canRetry(new TapelineError("closed", "at an end"))).toBe(false);
    expect(canRetry(new TapelineError("closed", "", { canRetry: true }))).toBe(true);
    expect(canRetry(new TapelineError("full", "", { canRetry: false }))).toBe(false);
  });

  it("is the outermost one, whatever caused it", () => {
    const refused = new TapelineError("refused", "400");
    const cause = { cause: refused };
    expect(canRetry(new TapelineError("unavailable", "", cause))).toBe(true);
    expect(canRetry(new Error("foreign", cause))).toBe(true);
  });
});

it.each([
  new Error("of a driver"),
  Object.assign(new Error("not ours"), { canRetry: false }),
  "no error at all",
  null,
  undefined,
])("lets a foreign error be tried again: %s", (error) => {
  expect(canRetry(error)).toBe(true);
});

it("finds a code in errors of our own only", () => {
  const error = new TapelineError("id_conflict", "twice");
  expect(hasCode(error, "market_gone", "id_conflict")).toBe(true);
  expect(hasCode(error, "market_gone")).toBe(false);
  const foreign = Object.assign(new Error("x"), { code: "id_conflict" });
  expect(hasCode(foreign, "id_conflict")).toBe(false);
});
