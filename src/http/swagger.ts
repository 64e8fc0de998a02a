import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from "@nestjs/swagger";
import type { Schema } from "./schema-parts.js";
import { VERSION } from "./version.js";

const DESCRIPTION = `Exact candles from exchange trades.

Prices, amounts and ids are text, times epoch ms. Lists ascend and are bounded. Every error is an
\`application/problem+json\` whose \`code\` is stable. \`X-RateLimit-Limit\`, \`-Remaining\` and \`-Reset\` (seconds) carry the
request limit, \`Retry-After\` when to retry. Live data comes over Socket.IO on the same port.`;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tapeline API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/init.js"></script>
`;

// Without the validator's badge, which would send this document's URL to another site.
const INIT = `SwaggerUIBundle({ url: "/docs-json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });\n`;

const ASSETS = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/**
 * Serves Swagger UI at /docs and the document at /docs-json, with the named `schemas` that routes
 * refer to. Not by `SwaggerModule.setup`: its page needs inline styles, which the content policy
 * blocks.
 */
export function setupSwagger(
  app: NestFastifyApplication,
  schemas: Readonly<Record<string, Schema>>,
): void {
  const server = app.getHttpAdapter().getInstance();
  let json: string | undefined;
  server.get("/docs-json", (_request, reply) => {
    json ??= JSON.stringify(openApiDocument(app, schemas));
    return reply.type("application/json; charset=utf-8").send(json);
  });
  for (const path of ["/docs", "/docs/"])
    server.get(path, (_request, reply) => reply.type("text/html; charset=utf-8").send(PAGE));
  server.get("/docs/init.js", (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(INIT),
  );
  const folder = assetFolder();
  for (const [name, type] of Object.entries(ASSETS)) {
    server.get(`/docs/${name}`, async (_request, reply) =>
      reply
        .type(type)
        .header("Cache-Control", "public, max-age=86400")
        .send(await readFile(join(folder, name))),
    );
  }
}

export function openApiDocument(
  app: NestFastifyApplication,
  schemas: Readonly<Record<string, Schema>>,
): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle("Tapeline")
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .addBearerAuth({
      type: "http",
      description: "A key of INGEST_KEYS; only writing needs one",
    })
    .build();
  const document = SwaggerModule.createDocument(app, base);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...schemas },
  };
  return document;
}

/** Folder of Swagger UI, a dependency of @nestjs/swagger that npm may hoist. */
function assetFolder(): string {
  const fromHere = createRequire(import.meta.url);
  const fromSwagger = createRequire(fromHere.resolve("@nestjs/swagger"));
  return dirname(fromSwagger.resolve("swagger-ui-dist/package.json"));
}
