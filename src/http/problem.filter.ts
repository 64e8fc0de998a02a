import { STATUS_CODES } from "node:http";
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { throwError } from "rxjs";
import { hasCode } from "../domain/tapeline-error.js";
import { isDatabaseDown } from "./database-down.js";
import type { Failure, ApiFormats } from "./api-formats.js";

const RETRY_AFTER_SECONDS = 5;

/** A failure without the members that follow from its request and status. */
type Answer = Omit<Failure, "title" | "instance">;

/** Answers every error of an HTTP request in the format of its API, without internals. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly formats: ApiFormats,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    // The application is hybrid: errors of message handlers must reach their transport.
    if (host.getType() !== "http") return throwError(() => error);
    const { httpAdapter } = this.host;
    const http = host.switchToHttp();
    const [request, response]: [unknown, unknown] = [http.getRequest(), http.getResponse()];
    const url = String(httpAdapter.getRequestUrl(request)).slice(0, 500);
    const answer = this.answerTo(error, url);
    if (httpAdapter.isHeadersSent(response)) return undefined;
    const { contentType, body } = this.formats.of(url).failure({
      title: STATUS_CODES[answer.status] ?? "Error",
      instance: url,
      ...answer,
    });
    httpAdapter.setHeader(response, "Content-Type", contentType);
    httpAdapter.setHeader(response, "Cache-Control", "no-store");
    if (answer.status === 503)
      httpAdapter.setHeader(response, "Retry-After", String(RETRY_AFTER_SECONDS));
    httpAdapter.reply(response, JSON.stringify(body), answer.status);
    return undefined;
  }

  private answerTo(error: unknown, url: string): Answer {
    if (error instanceof HttpException) return answerOf(error);
    const status = statusOf(error);
    if (status !== undefined)
      return {
        status,
        code: codeFor(status),
        detail: (error as Error).message,
      };
    if (hasCode(error, "not_built"))
      return { status: error.canRetry ? 503 : 409, code: error.code, detail: error.message };
    if (isDatabaseDown(error)) {
      this.logger.warn(`${url}: the database does not answer: ${String(error)}`);
      return {
        status: 503,
        code: "database_unavailable",
        detail: "The database does not answer at the moment; try again.",
      };
    }
    this.logger.error(
      `${url} failed: ${String(error)}`,
      error instanceof Error ? withCauses(error) : undefined,
    );
    return {
      status: 500,
      code: "internal_error",
      detail: "The server failed to answer; its log says why.",
    };
  }
}

/**
 * Keeps the exception's own members: `code`, `detail`, `errors` and everything else in its body.
 */
function answerOf(exception: HttpException): Answer {
  const status = exception.getStatus();
  const body = exception.getResponse();
  if (typeof body === "string") return { status, code: codeFor(status), detail: body };
  const {
    statusCode: _statusCode,
    error: _error,
    message,
    code,
    detail,
    ...more
  } = body as Record<string, unknown>;
  return {
    status,
    code: typeof code === "string" ? code : codeFor(status),
    detail:
      typeof detail === "string"
        ? detail
        : Array.isArray(message)
          ? message.join("; ")
          : typeof message === "string"
            ? message
            : exception.message,
    more,
  };
}

/** The status of Fastify's own client errors (body too large, wrong media type, bad URL, …). */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = Number(error.statusCode);
  return status >= 400 && status < 500 ? status : undefined;
}

/** `404` → `not_found`. */
export function codeFor(status: number): string {
  return (STATUS_CODES[status] ?? "error").toLowerCase().replaceAll(/[^a-z]+/g, "_");
}

function withCauses(error: Error): string {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error && lines.length < 5; at = at.cause)
    lines.push(at.stack ?? String(at));
  return lines.join("\ncaused by: ");
}
