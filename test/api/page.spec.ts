import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { Module } from "@nestjs/common";
import { setupPage } from "../../src/api/page/page.js";
import { readConfig } from "../../src/config/config.js";
import { ApiFormats } from "../../src/http/api-formats.js";
import { configureHttp, httpAdapter } from "../../src/http/http.js";

const SCRIPT = `console.log(${JSON.stringify("Tapeline ".repeat(500))});\n`;
const INDEX = "<!doctype html><title>Tapeline</title>\n";

@Module({})
class Nothing {}

/** The layout of a build. */
function buildInto(folder: string): void {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), INDEX);
  writeFileSync(join(folder, "assets/main-Ab12.js"), SCRIPT);
  writeFileSync(join(folder, "assets/main-Ab12.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "assets/main-Ab12.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, "assets/main-Ab12.js.map"), "{}");
}

async function serve(folder: string): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    Nothing,
    httpAdapter(new ApiFormats()),
    {
      logger: ["fatal"],
      abortOnError: false,
    },
  );
  await configureHttp(app, readConfig({ RATE_LIMIT: "3" }), new ApiFormats());
  setupPage(app, folder);
  await app.listen(0, "127.0.0.1");
  return app;
}

describe("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapeline-page-"));
  let app: NestFastifyApplication;
  let base: string;
  const asset = "/assets/main-Ab12.js";
  const get = (
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<Response> => fetch(base + path, { headers, method });

  beforeAll(async () => {
    buildInto(folder);
    app = await serve(folder);
    base = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  it.each(["/", "/m/binance:BTCUSDT?i=1m", "/m/mine:A%2FB", "/system"])(
    "is the answer to %s, to be revalidated each time",
    async (path) => {
      const answer = await get(path);
      expect(await answer.text()).toBe(INDEX);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(answer.headers.get("cache-control")).toBe("no-cache");
      expect(answer.headers.get("content-security-policy")).toContain(
        "default-src 'self';script-src 'self';style-src 'self';",
      );
      const etag = answer.headers.get("etag") as string;
      const again = await get(path, { "if-none-match": etag });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    },
  );

  it.each([
    ["br, gzip", "br"],
    ["gzip, deflate, br;q=0", "gzip"],
    ["gzip;q=0.5", "gzip"],
    ["identity", null],
    ["zstd", null],
  ])("is sent to a client that accepts %s as %s", async (accept, encoding) => {
    const answer = await get(asset, { "accept-encoding": accept });
    expect(answer.headers.get("content-encoding")).toBe(encoding);
    expect(answer.headers.get("vary")).toMatch(/accept-encoding/i);
    expect(await answer.text()).toBe(SCRIPT);
    const length = Number(answer.headers.get("content-length"));
    expect(length < 200).toBe(encoding !== null);
  });

  it("has immutable files, which have other names in the next build", async () => {
    const answer = await get(asset);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("answers HEAD with the headers alone", async () => {
    const answer = await get(asset, { "accept-encoding": "br" }, "HEAD");
    expect([answer.status, answer.headers.get("content-encoding")]).toEqual([200, "br"]);
    expect(answer.headers.get("content-length")).toBe(String(brotliCompressSync(SCRIPT).length));
    expect(await answer.text()).toBe("");
  });

  it("does not count against the request limit, while unknown paths do", async () => {
    for (let times = 0; times < 10; times++)
      for (const path of ["/", asset]) expect((await get(path)).status).toBe(200);
    const statuses: number[] = [];
    for (const path of [
      "/assets/main-Old1.js",
      `${asset}.map`,
      "/assets/..%2f..%2fpackage.json",
      "/index.html",
    ])
      statuses.push((await get(path)).status);
    expect(statuses).toEqual([404, 404, 404, 429]);
  });

  it("states in plain text when it was not built", async () => {
    const empty = await serve(join(folder, "nothing-here"));
    try {
      const answer = await fetch(await empty.getUrl());
      expect(answer.status).toBe(404);
      expect(await answer.text()).toMatch(/not been built.*npm run build/);
    } finally {
      await empty.close();
    }
  });
});
