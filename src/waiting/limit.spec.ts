import { jest } from "@jest/globals";
import { within } from "./limit.js";

const never = new Promise<void>(() => undefined);

describe("a limit on a wait", () => {
  it("says that the work has ended, and keeps no timer", async () => {
    const cleared = jest.spyOn(globalThis, "clearTimeout");
    await expect(within(60_000, Promise.resolve("answer"))).resolves.toBe(true);
    expect(cleared).toHaveBeenCalledTimes(1);
    cleared.mockRestore();
  });

  it("says that the work is late", async () => {
    const began = performance.now();
    await expect(within(30, never)).resolves.toBe(false);
    // Timers count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
  });

  it("passes on why the work failed", async () => {
    const failure = Promise.reject(new Error("refused"));
    await expect(within(60_000, failure)).rejects.toThrow("refused");
  });

  it("is not disturbed by work that fails when it is late", async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<void>((_, reject) => (fail = reject));
    await expect(within(1, work)).resolves.toBe(false);
    // Node would end the process for an unhandled rejection.
    fail(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
