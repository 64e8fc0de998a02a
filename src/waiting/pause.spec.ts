import { pause } from "./pause.js";

describe("a pause", () => {
  it("ends when its time has passed", async () => {
    const began = performance.now();
    await expect(pause(30, new AbortController().signal)).resolves.toBe(true);
    // Timers count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
  });

  it("ends at once, without an error, when it is aborted", async () => {
    const stopping = new AbortController();
    const pausing = pause(60_000, stopping.signal);
    stopping.abort(new Error("stopping"));
    await expect(pausing).resolves.toBe(false);
  });

  it("does not begin after the abort", async () => {
    await expect(pause(60_000, AbortSignal.abort())).resolves.toBe(false);
  });
});
