import { isAllowedOrigin } from "./live.adapter.js";

describe("the origin of a handshake", () => {
  it.each([
    ["a client that is no browser", undefined, [], true],
    ["a page of our own", "http://tape.example:3000", [], true],
    ["our page behind TLS", "https://tape.example:3000", [], true],
    ["another port of our host", "http://tape.example:8080", [], false],
    ["another site", "https://evil.example", [], false],
    ["a sandboxed page", "null", [], false],
    [
      "a configured site",
      "https://charts.example",
      ["https://charts.example"],
      true,
    ],
    [
      "a site that only begins like it",
      "https://charts.example.evil",
      ["https://charts.example"],
      false,
    ],
    ["any site, when all are", "https://evil.example", ["*"], true],
  ])("of %s", (_name, origin, allowed, expected) => {
    const headers = {
      host: "tape.example:3000",
      ...(origin === undefined ? {} : { origin }),
    };
    expect(isAllowedOrigin({ headers }, allowed)).toBe(expected);
  });
});
