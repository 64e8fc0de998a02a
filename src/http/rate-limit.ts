import rateLimit from "@fastify/rate-limit";
import { HttpStatus } from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiFormat, ApiFormats } from "./api-formats.js";
import { ProblemException } from "./problem.js";

const WINDOW_MS = 60_000;
/** Addresses remembered; with more, those not heard of for the longest are forgotten first. */
const MAX_ADDRESSES = 100_000;
const HEADERS = [
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
];
/** Scraped and polled by machines that must not be locked out. */
const UNLIMITED = /^\/(health|metrics)(\/|\?|$)/;

/**
 * Counts the requests of each client address in windows of a minute that begin with its first one; an IPv6 /64 is one
 * client. Routes with `rateLimit: false` in their `config` do not count.
 *
 * As one hook of the whole server, not as the library's hook of each route: requests for unknown paths count too, and
 * Nest keeps its own handler for them.
 *
 * @param max requests a minute and address
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

/** The library has one set of names for the whole server. */
function inFormatOf({ requestsLeft }: ApiFormat, reply: FastifyReply): void {
  if (requestsLeft === undefined) return;
  const [limit, remaining, resetSeconds] = HEADERS.map((name) =>
    Number(reply.getHeader(name)),
  ) as [number, number, number];
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
