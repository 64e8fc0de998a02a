import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { SCHEMAS } from "./schemas.js";
import { VERSION } from "./version.js";

const DESCRIPTION = `Exact candles from exchange trades.

Prices, amounts and ids are text, times epoch ms. Lists ascend and are bounded. Every error is an
\`application/problem+json\` whose \`code\` is stable. \`X-RateLimit-Limit\`, \`-Remaining\` and \`-Reset\` (seconds) tell the
request limit, \`Retry-After\` when to come back. Live data comes over Socket.IO on the same port.`;

/** Serves the interface at /docs and the document at /docs-json. */
export function setupSwagger(app: NestFastifyApplication): void {
  const base = new DocumentBuilder()
    .setTitle("Tapeline")
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .addBearerAuth({
      type: "http",
      description: "A key of INGEST_KEYS; only writing needs one",
    })
    .build();
  SwaggerModule.setup(
    "docs",
    app,
    () => {
      const document = SwaggerModule.createDocument(app, base);
      document.components = {
        ...document.components,
        schemas: { ...document.components?.schemas, ...SCHEMAS },
      };
      return document;
    },
    {
      jsonDocumentUrl: "docs-json",
      raw: ["json"],
      customSiteTitle: "Tapeline API",
    },
  );
}
