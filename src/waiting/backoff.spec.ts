import { Backoff } from "./backoff.js";

describe("the waits between attempts", () => {
  it("double, with jitter, and never grow beyond their cap", () => {
    const backoff = new Backoff(100, 3_000);
    const steps = [100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000];
    for (const step of steps) {
      const wait = backoff.next();
      expect(wait).toBeGreaterThanOrEqual(step / 2);
      expect(wait).toBeLessThanOrEqual(step);
    }
    for (let attempt = 0; attempt < 5_000; attempt++)
      expect(backoff.next()).toBeLessThanOrEqual(3_000);
  });

  it("are not the same for two clients", () => {
    const waits = Array.from({ length: 50 }, () => new Backoff(10_000, 30_000).next());
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it("start again after a success", () => {
    const backoff = new Backoff(100, 30_000);
    for (let attempt = 0; attempt < 10; attempt++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(100);
  });

  it("go on from a count that was kept elsewhere", () => {
    const backoff = new Backoff(100, 3_000, 3);
    expect(backoff.failures).toBe(3);
    expect(backoff.next()).toBeGreaterThanOrEqual(400);
    expect(backoff.failures).toBe(4);
    backoff.reset();
    expect(backoff.failures).toBe(0);
  });

  it("end at once when the signal aborts", async () => {
    const stopping = new AbortController();
    const waiting = new Backoff(60_000, 60_000).wait(stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toThrow(/abort/);
  });
});
