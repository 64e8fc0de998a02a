import { isDatabaseDown } from "./database-down.js";

const failing = (fields: object, message = "failed"): Error =>
  Object.assign(new Error(message), fields);

describe("an error of the database", () => {
  it.each([
    ["a refused connection", failing({ code: "ECONNREFUSED" })],
    ["a server that starts", failing({ code: "57P03" })],
    ["a lost connection", new Error("Connection terminated unexpectedly")],
    [
      "one that the driver reports inside another",
      failing({ driverError: failing({ code: "57P01" }) }),
    ],
    ["every address of a host refusing", failing({ errors: [failing({ code: "ECONNREFUSED" })] })],
    [
      "a cause further down",
      new Error("outer", {
        cause: new Error("inner", { cause: failing({ code: "08006" }) }),
      }),
    ],
  ])("means that it is away: %s", (_name, error) => {
    expect(isDatabaseDown(error)).toBe(true);
  });

  it.each([
    ["a syntax error", failing({ code: "42601" })],
    ["a broken rule", failing({ driverError: failing({ code: "23505" }) })],
    ["a bug", new TypeError("x is undefined")],
    ["no error at all", "ECONNREFUSED"],
  ])("does not mean that: %s", (_name, error) => {
    expect(isDatabaseDown(error)).toBe(false);
  });

  it("ends on an error that is its own cause", () => {
    const error = new Error("round");
    error.cause = error;
    expect(isDatabaseDown(error)).toBe(false);
  });
});
