import { isAllowedOrigin } from "./live.adapter.js";

describe("the origin of a handshake", () => {
  it.each([
    ["a client that is no browser", undefined, [], true],
    ["the server's own page", "http://tape.example:3000", [], true],
    ["the server's page behind TLS", "https://tape.example:3000", [], true],
    ["another port of the same host", "http://tape.example:8080", [], false],
    ["another site", "https://evil.example", [], false],
    ["a sandboxed page", "null", [], false],
    ["a configured site", "https://charts.example", ["https://charts.example"], true],
    [
      "a site whose name only starts with it",
      "https://charts.example.evil",
      ["https://charts.example"],
      false,
    ],
    ["any site, when all are configured", "https://evil.example", ["*"], true],
  ])("of %s", (_name, origin, allowed, expected) => {
    const headers = {
      host: "tape.example:3000",
      ...(origin === undefined ? {} : { origin }),
    };
    expect(isAllowedOrigin({ headers }, allowed)).toBe(expected);
  });
});
