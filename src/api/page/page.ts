import { fileURLToPath } from "node:url";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { matchesEtag } from "../../http/etag.js";
import { type PageFile, encodingFor, readPage } from "./page-files.js";

// The same relative path from src/ and dist/.
const FOLDER = fileURLToPath(new URL("../../../dist/web/", import.meta.url));
const INDEX = "/index.html";
/** Paths that the page routes itself; all of them get its index. */
const VIEWS = ["/", "/m/*", "/system"];
const NOT_BUILT = `The page has not been built: run "npm run build" and start again. The API is at /docs.\n`;
// A page load is a dozen requests from memory; reloading must not use up a client's API limit.
const UNLIMITED = { config: { rateLimit: false as const } };

/**
 * Serves the built dashboard, each file under its own path and compressed by the build; other paths
 * are not found. To be called after `configureHttp`, whose content policy applies to it.
 */
export function setupPage(app: NestFastifyApplication, folder = FOLDER): void {
  const server = app.getHttpAdapter().getInstance();
  const files = readPage(folder);
  const index = files.get(INDEX);
  for (const view of VIEWS)
    server.get(view, UNLIMITED, (request, reply) =>
      index === undefined
        ? reply.status(404).type("text/plain; charset=utf-8").send(NOT_BUILT)
        : send(index, request, reply),
    );
  for (const [path, file] of files)
    if (path !== INDEX) server.get(path, UNLIMITED, (request, reply) => send(file, request, reply));
}

function send(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = encodingFor(file, request.headers["accept-encoding"]);
  const { body, etag } = file.bodies.get(encoding) as {
    body: Buffer;
    etag: string;
  };
  void reply
    .header("ETag", etag)
    .header("Vary", "Accept-Encoding")
    .header("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  const known = request.headers["if-none-match"];
  if (known !== undefined && matchesEtag(known, etag)) return reply.status(304).send();
  if (encoding !== "identity") void reply.header("Content-Encoding", encoding);
  return reply.type(file.type).send(body);
}
