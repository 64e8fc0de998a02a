import { HOUR_MS } from "../../domain/units.js";
import { VenueClock } from "./venue-clock.js";

const VENUE = 1_723_161_256_000;

describe("a venue's clock", () => {
  it("is not known before the first message", () => {
    expect(new VenueClock().now(5)).toBeUndefined();
  });

  it("follows the message with the shortest latency", () => {
    const clock = new VenueClock();
    for (const [sent, latency] of [
      [0, 300],
      [100, 40],
      [200, 900],
    ] as const)
      clock.observe(VENUE + sent, sent + latency);
    expect(clock.now(1_200)).toBe(VENUE + 1_200 - 40);
  });

  it("is never ahead of the venue, whatever the latencies", () => {
    const clock = new VenueClock();
    for (let sent = 0; sent < 1_000_000; sent += 777) {
      const local = sent + 5 + ((sent * 7_919) % 2_000);
      clock.observe(VENUE + sent, local);
      expect(clock.now(local)).toBeLessThanOrEqual(VENUE + local);
    }
  });

  it("follows a local clock that runs too fast, after five minutes", () => {
    const clock = new VenueClock();
    const fast = (real: number): number => real * 1.001;
    let real = 0;
    for (; real < HOUR_MS; real += 1_000) clock.observe(VENUE + real, fast(real));
    const error = VENUE + real - (clock.now(fast(real)) ?? 0);
    expect(Math.abs(error)).toBeLessThan(400);
  });

  it("keeps its last estimate through a long silence", () => {
    const clock = new VenueClock();
    clock.observe(VENUE, 50);
    expect(clock.now(3_600_050)).toBe(VENUE + HOUR_MS);
  });
});
