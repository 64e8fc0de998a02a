import { type HealthCheck, HealthChecks, healthOf } from "./health-checks.js";

const up: HealthCheck["check"] = () => ({ state: "up" });

describe("the health checks of a process", () => {
  it("are in the order of their layers, and within one as they were added", () => {
    const checks = new HealthChecks();
    checks.add({ name: "feeds", layer: "outside", check: up });
    checks.add({ name: "consumer.api", layer: "own consumers", check: up });
    checks.add({ name: "transport", layer: "transport", check: up });
    checks.add({ name: "consumer.recorder", layer: "consumers", check: up });
    checks.add({ name: "database", layer: "database", check: up });
    checks.add({ name: "process", layer: "process", check: up });
    expect(checks.all.map(({ name }) => name)).toEqual([
      "process",
      "database",
      "transport",
      "consumer.recorder",
      "consumer.api",
      "feeds",
    ]);
  });

  it("have names of their own", () => {
    const checks = new HealthChecks();
    checks.add({ name: "database", layer: "database", check: up });
    expect(() => checks.add({ name: "database", layer: "outside", check: up })).toThrow(
      "two health checks called database",
    );
  });

  it("report what they find", async () => {
    const found = { state: "degraded", markets: 3 } as const;
    await expect(healthOf({ check: () => found })).resolves.toEqual(found);
    await expect(healthOf({ check: () => Promise.resolve(found) })).resolves.toEqual(found);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("refused"))],
    [
      "throws",
      () => {
        throw new Error("refused");
      },
    ],
  ])("are down when one %s", async (_, check) => {
    await expect(healthOf({ check })).resolves.toEqual({
      state: "down",
      reason: "refused",
    });
  });

  it("are down when one is late", async () => {
    const never = new Promise<never>(() => undefined);
    await expect(healthOf({ check: () => never }, 20)).resolves.toEqual({
      state: "down",
      reason: "no answer within 20 ms",
    });
  });
});
