import { jest } from "@jest/globals";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { ApiFormats } from "./api-formats.js";
import { limitRequests } from "./rate-limit.js";

@Module({})
class Empty {}

interface Answer {
  allowed: boolean;
  remaining: number;
  /** X-RateLimit-Reset, seconds. */
  reset: number;
}

let now = 1_700_000_000_000;
let app: NestFastifyApplication;
let base: string;

/** A server with one route and some unlimited ones; all other paths do not exist. */
async function limited(max: number, maxAddresses?: number): Promise<void> {
  // So that a test can be any client.
  const adapter = new FastifyAdapter({ trustProxy: true });
  app = await NestFactory.create<NestFastifyApplication>(Empty, adapter, {
    logger: false,
  });
  await limitRequests(app, max, new ApiFormats(), maxAddresses);
  const server = app.getHttpAdapter().getInstance();
  server.get("/", () => "");
  server.get("/file", { config: { rateLimit: false } }, () => "");
  for (const path of ["/health/live", "/metrics", "/metricsque"]) server.get(path, () => "");
  await app.listen(0, "127.0.0.1");
  base = await app.getUrl();
}

function request(address: string, path: string): Promise<Response> {
  return fetch(base + path, { headers: { "x-forwarded-for": address } });
}

async function get(address: string, path = "/"): Promise<Answer> {
  const { status, headers } = await request(address, path);
  return {
    allowed: status !== 429,
    remaining: Number(headers.get("x-ratelimit-remaining") ?? NaN),
    reset: Number(headers.get("x-ratelimit-reset") ?? NaN),
  };
}

beforeEach(() => {
  jest.spyOn(Date, "now").mockImplementation(() => now);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
});

describe("the rate limit", () => {
  it("allows so many requests a minute from each address", async () => {
    await limited(2);
    expect(await get("10.0.0.1")).toEqual({
      allowed: true,
      remaining: 1,
      reset: 60,
    });
    now += 30_000;
    expect(await get("10.0.0.1")).toEqual({
      allowed: true,
      remaining: 0,
      reset: 30,
    });
    expect(await get("10.0.0.1")).toEqual({
      allowed: false,
      remaining: 0,
      reset: 30,
    });
    expect((await get("10.0.0.2")).allowed).toBe(true);
    now += 30_000;
    expect((await get("10.0.0.1")).allowed).toBe(true);
  });

  it("states the limit and when to retry, in headers and text", async () => {
    await limited(1);
    const headersOf = async (): Promise<unknown[]> => {
      const { headers } = await request("10.0.0.1", "/");
      return ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"].map(
        (name) => headers.get(name),
      );
    };
    expect(await headersOf()).toEqual(["1", "0", "60", null]);
    now += 20_400;
    expect(await headersOf()).toEqual(["1", "0", "40", "40"]);
    expect(await (await request("10.0.0.1", "/")).json()).toMatchObject({
      code: "too_many_requests",
      detail: "More than 1 requests in a minute from this address; try again in 40 s.",
    });
  });

  it("counts the addresses of one IPv6 /64 as one client", async () => {
    await limited(1);
    expect((await get("2001:db8:1:2:aaaa::1")).allowed).toBe(true);
    expect((await get("2001:db8:1:2::9")).allowed).toBe(false);
    expect((await get("2001:db8:1:3::9")).allowed).toBe(true);
    expect((await get("::1")).allowed).toBe(true);
    expect((await get("::ffff:10.0.0.1")).allowed).toBe(true);
    expect((await get("::ffff:10.0.0.2")).allowed).toBe(true);
  });

  it("counts requests for paths that do not exist, with those for paths that do", async () => {
    await limited(2);
    expect((await get("10.0.0.1", "/nothing")).remaining).toBe(1);
    expect((await get("10.0.0.1")).remaining).toBe(0);
    expect((await get("10.0.0.1", "/nothing/else")).allowed).toBe(false);
  });

  it.each(["/file", "/health/live", "/metrics", "/metrics?name=up"])(
    "does not count %s",
    async (path) => {
      await limited(1);
      for (let time = 0; time < 3; time++)
        expect(await get("10.0.0.1", path)).toEqual({
          allowed: true,
          remaining: NaN,
          reset: NaN,
        });
      expect((await get("10.0.0.1", "/metricsque")).remaining).toBe(0);
    },
  );

  it("keeps a bounded number of addresses", async () => {
    await limited(1, 100);
    for (let host = 0; host <= 100; host++) await get(`10.0.0.${host}`);
    expect((await get("10.0.0.100")).allowed).toBe(false);
    expect((await get("10.0.0.0")).allowed).toBe(true);
  });
});
