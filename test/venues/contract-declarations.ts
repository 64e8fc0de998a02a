import { MINUTE_MS } from "../../src/domain/units.js";
import type { Venue } from "../../src/venues/venue.js";

/** What a venue declares. */
export function testDeclarations(venue: Venue): void {
  it("has addresses that cannot be read on the way", () => {
    expect(new URL(venue.wsUrl).protocol).toBe("wss:");
    expect(new URL(venue.restUrl).protocol).toBe("https:");
    if (venue.bulk !== undefined) expect(new URL(venue.bulk.url).protocol).toBe("https:");
  });

  it("has limits that can be kept", () => {
    const { limits, keepAlive, rest } = venue;
    for (const limit of Object.values(limits)) expectPositive(limit);
    expect(limits.connectionLifeMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expectPositive(rest.budget.weight);
    expectPositive(rest.budget.perMs);
    if (keepAlive === undefined) return;
    expectPositive(keepAlive.everyMs);
    expect(keepAlive.message).not.toBe("");
  });

  it("repairs holes only where ids show them, and says why where it does not", () => {
    const { repair, ids } = venue;
    if (repair.kind === "none") {
      expect(repair.reason).not.toBe("");
      return;
    }
    expect(ids).toBe("dense");
    expect(repair.reach).not.toBe("");
  });

  it("declares how far back its candles go, in pages", () => {
    const { maxPerRequest, newest, reach, intervals } = venue.klines;
    expectPositive(maxPerRequest);
    if (newest !== undefined) expectPositive(newest);
    expect(reach).not.toBe("");
    // Both the ticker and the reconciliation are made of it.
    expect(intervals["1m"]).toBeDefined();
  });

  const { bulk } = venue;
  if (bulk !== undefined)
    it("has a file of its default kind for each day, whose lines never throw", () => {
      expect(bulk.files[bulk.defaultKind]).toBeDefined();
      for (const files of Object.values(bulk.files)) {
        const { columns } = files;
        expect(new Set(columns).size).toBe(columns.length);
        for (const period of ["2024-01-05", "2024-01"])
          expect(files.path("BTCUSDT", period)).toMatch(
            new RegExp(`^[a-z].*/BTCUSDT.*${period}.*\\.zip$`),
          );
        for (const field of ["", "x", "-1", "1e9", "9".repeat(40)]) {
          const line = columns.map(() => field);
          const read = files.decode(line, "BTCUSDT", Date.now());
          if (read !== null) expect(read).toHaveProperty("reason");
        }
        expect(() => files.decode([], "BTCUSDT", Date.now())).not.toThrow();
      }
    });
}

function expectPositive(value: number): void {
  expect(Number.isSafeInteger(value) && value > 0).toBe(true);
}
