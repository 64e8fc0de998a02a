import { BadRequestException, Controller, Get, Module, Query } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { IsInt } from "class-validator";
import { readConfig } from "../config/config.js";
import { ApiFormats } from "./api-formats.js";
import { Checked } from "./checked.js";
import { configureHttp, httpAdapter } from "./http.js";

class Page {
  @IsInt()
  limit!: number;
}

@Checked()
@Controller("api/v1")
class OursController {
  @Get("page")
  page(@Query() { limit }: Page): object {
    return { limit };
  }
}

/** An API with errors, limits and checks of its own. */
@Controller("api/v3")
class TheirsController {
  @Get("page")
  page(@Query() query: object): object {
    if (!("symbol" in query)) throw new BadRequestException("symbol missing");
    return query;
  }
}

@Module({ controllers: [OursController, TheirsController] })
class Root {}

const LIMIT = 20;
let app: NestFastifyApplication;
let base: string;

beforeEach(async () => {
  const formats = new ApiFormats();
  formats.add({
    prefix: "/api/v3",
    failure: ({ status, detail }) => ({
      contentType: "application/json;charset=UTF-8",
      body: { code: -status, msg: detail },
    }),
    requestsLeft: ({ limit, remaining, resetSeconds }) => ({
      "x-used-weight": String(limit - remaining),
      "x-reset": String(resetSeconds),
    }),
  });
  app = await NestFactory.create<NestFastifyApplication>(Root, httpAdapter(formats), {
    logger: false,
    abortOnError: false,
  });
  await configureHttp(app, readConfig({ RATE_LIMIT: String(LIMIT) }), formats);
  await app.listen(0, "127.0.0.1");
  base = await app.getUrl();
});

afterEach(() => app.close());

async function get(path: string) {
  const response = await fetch(base + path);
  const headers = Object.fromEntries(response.headers);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers, body };
}

describe("two APIs on one server", () => {
  it.each([
    ["a route's own error", "page", 400, "symbol missing"],
    ["no route", "nothing", 404, "Cannot GET /api/v3/nothing"],
    ["a path that no router reads", "%zz", 400, "'/api/v3/%zz' is not a valid url component"],
  ])("%s is in the other's format", async (_case, path, status, msg) => {
    const answer = await get(`/api/v3/${path}`);
    expect(answer).toMatchObject({ status, body: { code: -status, msg } });
    expect(answer.headers["content-type"]).toBe("application/json;charset=UTF-8");
  });

  it("Tapeline's own answers with problems and validates queries", async () => {
    const { status, headers, body } = await get("/api/v1/page?limit=x");
    expect(status).toBe(400);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({
      status: 400,
      instance: "/api/v1/page?limit=x",
    });
    expect(JSON.stringify(body["errors"])).toContain("limit");
  });

  it("the other gets the query as sent when it validates none by a class", async () => {
    expect((await get("/api/v3/page?symbol=BTCUSDT&limit=x")).body).toEqual({
      symbol: "BTCUSDT",
      limit: "x",
    });
  });

  it("each sends the number of requests left in its own headers", async () => {
    const theirs = await get("/api/v3/page?symbol=A");
    expect(theirs.headers).toMatchObject({
      "x-used-weight": "1",
      "x-reset": "60",
    });
    expect(theirs.headers).not.toHaveProperty("x-ratelimit-limit");
    const ours = await get("/api/v1/page?limit=1");
    expect(ours.headers).toMatchObject({
      "x-ratelimit-limit": String(LIMIT),
      "x-ratelimit-remaining": String(LIMIT - 2),
    });
    expect(ours.headers).not.toHaveProperty("x-used-weight");
  });

  it("each refuses one request too many in its own format", async () => {
    for (let time = 0; time < LIMIT; time++) await get("/api/v1/page?limit=1");
    const theirs = await get("/api/v3/page?symbol=A");
    expect(theirs.status).toBe(429);
    expect(theirs.body).toMatchObject({ code: -429 });
    expect(theirs.headers).toMatchObject({
      "x-used-weight": String(LIMIT),
      "retry-after": expect.stringMatching(/^\d+$/) as string,
    });
    expect((await get("/api/v1/page?limit=1")).body).toMatchObject({
      code: "too_many_requests",
    });
  });

  it("a prefix can be added once, and matches whole segments only", () => {
    const formats = new ApiFormats();
    const format = {
      prefix: "/api/v3",
      failure: () => ({ contentType: "", body: {} }),
    };
    formats.add(format);
    expect(() => formats.add(format)).toThrow("there are two APIs at /api/v3");
    expect(formats.of("/api/v3?x=1")).toBe(format);
    expect(formats.of("/api/v30")).not.toBe(format);
    expect(formats.of("/api/%763/page")).toBe(format);
    for (const prefix of ["", "/", "/api/v4/", "api"])
      expect(() => formats.add({ ...format, prefix })).toThrow("must be like /api/v3");
  });
});
