import { HOUR_MS } from "../../domain/units.js";
import { VenueClock } from "./venue-clock.js";

const VENUE = 1_723_161_256_000;
const A = "binance:A";
const B = "binance:B";
let clock: VenueClock;
/** What it has told of jumps, whole seconds. */
let told: string[];
beforeEach(() => {
  told = [];
  const tell = (what: string) => (ms: number) =>
    void told.push(`${what} ${Math.round(ms / 1_000)}`);
  clock = new VenueClock({ jumped: tell("jumped"), doubted: tell("doubted") });
});

/** Messages at these local times, each some ms after it was sent. */
function messages(source: string, ...received: [local: number, latency: number][]): void {
  for (const [local, latency] of received) clock.observe(VENUE + local - latency, local, source);
}

describe("a venue's clock", () => {
  it("is not known before the second message", () => {
    expect(clock.now(5)).toBeUndefined();
    messages(A, [0, 40]);
    expect(clock.now(5)).toBeUndefined();
    messages(A, [10, 40]);
    expect(clock.now(15)).toBe(VENUE + 15 - 40);
  });

  it("follows the message with the second shortest latency", () => {
    messages(A, [300, 300], [140, 40], [1_100, 900], [400, 60]);
    expect(clock.now(1_200)).toBe(VENUE + 1_200 - 60);
  });

  it("is never ahead of the venue, whatever the latencies", () => {
    for (let sent = 0; sent < 1_000_000; sent += 777) {
      const latency = 5 + ((sent * 7_919) % 2_000);
      messages(A, [sent + latency, latency]);
      expect(clock.now(sent + latency) ?? 0).toBeLessThanOrEqual(VENUE + sent + latency);
    }
  });

  it("follows a local clock that runs too fast, after five minutes", () => {
    const fast = (real: number): number => real * 1.001;
    let real = 0;
    for (; real < HOUR_MS; real += 1_000) clock.observe(VENUE + real, fast(real), A);
    const error = VENUE + real - (clock.now(fast(real)) ?? 0);
    expect(Math.abs(error)).toBeLessThan(400);
  });

  it("keeps its last estimate through a long silence, and drops it with the next messages", () => {
    messages(A, [50, 0], [60, 0]);
    expect(clock.now(HOUR_MS + 50)).toBe(VENUE + HOUR_MS + 50);
    messages(A, [HOUR_MS + 100, 500]);
    expect(clock.now(HOUR_MS + 100)).toBe(VENUE + HOUR_MS + 100);
    messages(A, [HOUR_MS + 200, 500]);
    expect(clock.now(HOUR_MS + 300)).toBe(VENUE + HOUR_MS + 300 - 500);
  });
});

describe("a message from the future", () => {
  it("moves nothing, not even together with an equal time of the same message", () => {
    messages(A, [0, 40], [10, 50]);
    messages(A, [20, -55_000]);
    expect(clock.now(30)).toBe(VENUE + 30 - 40);
    expect(told).toEqual(["doubted 55"]);
  });

  it("moves nothing before all others, when it is the first", () => {
    messages(A, [0, -55_000]);
    expect(clock.now(5)).toBeUndefined();
    messages(B, [10, 40]);
    expect(clock.now(15)).toBe(VENUE + 15 - 40);
  });

  it("is confirmed by another market: then the venue's clock was set", () => {
    messages(A, [0, 40], [10, 40], [20, -90_000]);
    messages(B, [30, -90_010]);
    expect(clock.now(40)).toBe(VENUE + 40 + 90_000);
  });

  it("is confirmed by the next one of the only market", () => {
    messages(A, [0, 40], [20, -90_000], [30, -90_000]);
    expect(clock.now(40)).toBe(VENUE + 40 + 90_000);
  });

  it("is not confirmed by others of its market while another market contradicts", () => {
    messages(B, [0, 40]);
    messages(A, [5, 50], [20, -55_000], [30, -55_000], [40, -55_000]);
    expect(clock.now(50)).toBe(VENUE + 50 - 40);
    for (let local = 60; local < 30_000; local += 100) messages(A, [local, 50]);
    expect(clock.now(30_000)).toBe(VENUE + 30_000 - 40);
    // Within two seconds, a market that has only slow messages contradicts nobody.
    clock = new VenueClock();
    messages(B, [0, 1_900]);
    messages(A, [20, 50], [30, 60]);
    expect(clock.now(50)).toBe(VENUE + 50 - 60);
  });

  it("is told apart from a clock that was set", () => {
    messages(A, [0, 40], [10, 40], [20, -90_000]);
    messages(B, [30, -90_010]);
    expect(told).toEqual(["doubted 90", "jumped 90"]);
  });

  it("is forgotten after five minutes", () => {
    messages(A, [0, 40], [20, -55_000]);
    for (let local = 10_000; local <= 320_000; local += 10_000) messages(A, [local, 40]);
    expect(clock.now(320_000)).toBe(VENUE + 320_000 - 40);
  });
});

describe("a message that comes late", () => {
  it("does not lower the clock, however late: the last trade of a quiet market", () => {
    messages(A, [0, 40], [10, 50]);
    messages(B, [20, HOUR_MS]);
    expect(clock.now(30)).toBe(VENUE + 30 - 50);
    messages(A, [40, 30]);
    expect(clock.now(50)).toBe(VENUE + 50 - 50);
    expect(told).toEqual([]);
  });

  it("does not decide for long when it is the first: others say the same for ten seconds", () => {
    messages(B, [0, HOUR_MS]);
    for (let local = 10; local <= 9_000; local += 100) messages(A, [local, 50]);
    expect(told).not.toContain("jumped 3600");
    for (let local = 9_010; local <= 11_000; local += 100) messages(A, [local, 50]);
    expect(clock.now(11_000)).toBe(VENUE + 11_000 - 50);
    expect(told.at(-1)).toBe("jumped 3600");
    for (let local = 11_010; local <= 20_000; local += 100) messages(A, [local, 50]);
    expect(clock.now(20_000)).toBe(VENUE + 20_000 - 50);
  });
});
