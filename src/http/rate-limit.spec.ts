import { RateLimit } from "./rate-limit.js";

describe("the rate limit", () => {
  let now = 0;
  const limit = (requests: number): RateLimit =>
    new RateLimit(requests, () => now);

  it("allows so many requests a minute from each address", () => {
    const limited = limit(2);
    expect(limited.count("10.0.0.1")).toEqual({
      allowed: true,
      remaining: 1,
      resetSeconds: 60,
    });
    now += 30_000;
    expect(limited.count("10.0.0.1")).toEqual({
      allowed: true,
      remaining: 0,
      resetSeconds: 30,
    });
    expect(limited.count("10.0.0.1")).toEqual({
      allowed: false,
      remaining: 0,
      resetSeconds: 30,
    });
    expect(limited.count("10.0.0.2").allowed).toBe(true);
    now += 30_000;
    expect(limited.count("10.0.0.1").allowed).toBe(true);
  });

  it("takes the addresses of one IPv6 network for one client", () => {
    const limited = limit(1);
    expect(limited.count("2001:db8:1:2:aaaa::1").allowed).toBe(true);
    expect(limited.count("2001:db8:1:2::9").allowed).toBe(false);
    expect(limited.count("2001:db8:1:3::9").allowed).toBe(true);
    expect(limited.count("::1").allowed).toBe(true);
    expect(limited.count("::ffff:10.0.0.1").allowed).toBe(true);
    expect(limited.count("::ffff:10.0.0.2").allowed).toBe(true);
  });

  it("does not remember more addresses than it has to", () => {
    const limited = limit(1);
    for (let address = 0; address < 100_001; address++)
      limited.count(`a${address}`);
    expect(limited.count("a100000").allowed).toBe(false);
    expect(limited.count("a0").allowed).toBe(true);
  });
});
