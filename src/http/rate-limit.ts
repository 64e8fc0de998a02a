import rateLimit from "@fastify/rate-limit";
import { HttpStatus } from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiFormat, ApiFormats } from "./api-formats.js";
import { ProblemException } from "./problem.js";

const WINDOW_MS = 60_000;
/** Addresses counted at a time; beyond that, the least recently seen are dropped. */
const MAX_ADDRESSES = 100_000;
const HEADERS = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
/** Monitoring must not be locked out. */
const UNLIMITED = /^\/(health|metrics)(\/|\?|$)/;

/**
 * Counts the requests of each client address in one-minute windows that start with its first
 * request; an IPv6 /64 is one client. Routes with `rateLimit: false` in their `config` do not
 * count.
 *
 * A hook of the whole server, not the library's hook per route: requests for unknown paths must
 * count, too, and Nest keeps its own handler for them.
 *
 * @param max requests per minute and address
 */
export async function limitRequests(
  app: NestFastifyApplication,
  max: number,
  formats: ApiFormats,
  maxAddresses = MAX_ADDRESSES,
): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max,
    timeWindow: WINDOW_MS,
    cache: maxAddresses,
    allowList: isUnlimited,
    errorResponseBuilder: (_request, { ttl }) => refusal(max, ttl),
  });
  const server = app.getHttpAdapter().getInstance();
  server.addHook("onRequest", server.rateLimit());
  server.addHook("onSend", (request, reply, _payload, done) => {
    inFormatOf(formats.of(request.url), reply);
    done();
  });
}

/** Renames the headers per API: the library has one set of names for the whole server. */
function inFormatOf({ requestsLeft }: ApiFormat, reply: FastifyReply): void {
  if (requestsLeft === undefined) return;
  const [limit, remaining, resetSeconds] = HEADERS.map((name) => Number(reply.getHeader(name))) as [
    number,
    number,
    number,
  ];
  if (Number.isNaN(limit)) return;
  for (const name of HEADERS) reply.removeHeader(name);
  void reply.headers(requestsLeft({ limit, remaining, resetSeconds }));
}

function isUnlimited({ url, routeOptions }: FastifyRequest): boolean {
  return UNLIMITED.test(url) || routeOptions.config.rateLimit === false;
}

function refusal(max: number, ttlMs: number): ProblemException {
  return new ProblemException(
    HttpStatus.TOO_MANY_REQUESTS,
    "too_many_requests",
    `More than ${max} requests in a minute from this address; try again in ${Math.ceil(ttlMs / 1_000)} s.`,
  );
}
