import { Injectable } from "@nestjs/common";

/** An error of a request, before it is written in the format of its API. */
export interface Failure {
  status: number;
  /** Stable, for programs; see docs/errors.md. */
  code: string;
  title: string;
  /** For people. */
  detail: string;
  /** The request's URL, cut at 500 characters. */
  instance: string;
  /** Further members, such as `errors`. */
  more?: Record<string, unknown>;
}

interface RequestsLeft {
  limit: number;
  remaining: number;
  /** Until the window ends and the count restarts. */
  resetSeconds: number;
}

/**
 * How one API of this server formats what its routes do not answer themselves: errors and limits.
 */
export interface ApiFormat {
  /** Its paths begin with these segments, such as `/api/v3`. */
  prefix: string;
  failure(failure: Failure): { contentType: string; body: object };
  /** Headers with the number of requests left, in place of `X-RateLimit-…`. */
  requestsLeft?: (left: RequestsLeft) => Record<string, string>;
}

const PREFIX = /^(\/[\w.-]+)+$/;

/** Tapeline's own API: RFC 9457. */
const PROBLEMS: ApiFormat = {
  prefix: "",
  failure: ({ status, code, title, detail, instance, more }) => ({
    contentType: "application/problem+json; charset=utf-8",
    body: {
      type: "about:blank",
      title,
      status,
      code,
      detail,
      instance,
      ...more,
    },
  }),
};

/** The APIs of this server by prefix. Modules add theirs in their constructor. */
@Injectable()
export class ApiFormats {
  private readonly added: ApiFormat[] = [];

  add(format: ApiFormat): void {
    if (!PREFIX.test(format.prefix))
      throw new Error(`the prefix of an API must be like /api/v3, not ${format.prefix}`);
    if (this.added.some(({ prefix }) => prefix === format.prefix))
      throw new Error(`there are two APIs at ${format.prefix}`);
    this.added.push(format);
    this.added.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The format with the longest matching prefix; Tapeline's own if none matches. */
  of(url: string): ApiFormat {
    const path = decoded(url.split("?", 1)[0] ?? "");
    return (
      this.added.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`)) ?? PROBLEMS
    );
  }
}

/** As the router decodes it; unchanged where it cannot be decoded. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
