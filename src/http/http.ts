import helmet from "@fastify/helmet";
import { HttpAdapterHost } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config/config.js";
import { Connections } from "./connections.js";
import type { ApiFormats } from "./api-formats.js";
import { ProblemFilter, codeFor } from "./problem.filter.js";
import { limitRequests } from "./rate-limit.js";

const MAX_BODY_BYTES = 1_048_576;
/** Enough for a market in a path with every character escaped. */
const MAX_PARAMETER_LENGTH = 400;

/** The adapter for `NestFactory.create`. */
export function httpAdapter(formats: ApiFormats): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    // Clients can forge X-Forwarded-For; the rate limit counts real addresses.
    trustProxy: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // The router answers these before any hook or filter runs.
    frameworkErrors: (error: FastifyError, { url }: FastifyRequest, reply: FastifyReply) => {
      const status = error.statusCode ?? 400;
      const { contentType, body } = formats.of(url).failure({
        status,
        code: codeFor(status),
        title: status === 414 ? "URI Too Long" : "Bad Request",
        detail: error.message,
        instance: url.slice(0, 500),
      });
      void reply.status(status).type(contentType).send(JSON.stringify(body));
    },
  });
}

/**
 * Sets up headers, CORS, limits and errors of every HTTP route, in the format of its API. To be
 * called before `setupSwagger`, `setupPage`, `init` and `listen`: routes registered earlier would
 * not get them. Returns the server's connections, so that the WebSocket adapter can end them on
 * shutdown.
 */
export async function configureHttp(
  app: NestFastifyApplication,
  config: Config,
  formats: ApiFormats,
): Promise<Connections> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy() },
    // Tapeline serves plain HTTP; a TLS proxy in front of it decides on this.
    strictTransportSecurity: false,
  });
  if (config.corsOrigins.length > 0) {
    app.enableCors({
      origin: config.corsOrigins.includes("*") ? true : [...config.corsOrigins],
      methods: ["GET", "HEAD", "POST"],
      exposedHeaders: [
        "ETag",
        "Retry-After",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
      ],
    });
  }
  await limitRequests(app, config.rateLimit, formats);
  const server = app.getHttpAdapter().getInstance();
  app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost), formats));
  const connections = new Connections(server.server);
  server.addHook("preClose", (done) => {
    connections.end();
    done();
  });
  return connections;
}

/** Own scripts and styles only, none of them inline; nothing of any other origin. */
function contentPolicy(): Record<string, string[]> {
  const self = "'self'";
  return {
    "default-src": [self],
    "script-src": [self],
    "style-src": [self],
    "img-src": [self, "data:"],
    "connect-src": [self],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": [self],
    "frame-ancestors": [self],
  };
}
