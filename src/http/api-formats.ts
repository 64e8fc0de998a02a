import { Injectable } from "@nestjs/common";

/** What went wrong, before it is an answer. */
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
  /** Until the count begins anew. */
  resetSeconds: number;
}

/** How one of the APIs of this server answers where no route of it does: errors and limits. */
export interface ApiFormat {
  /** Its paths begin with these segments, such as `/api/v3`. */
  prefix: string;
  failure(failure: Failure): { contentType: string; body: object };
  /** Headers that tell how many requests are left, in place of `X-RateLimit-…`. */
  requestsLeft?: (left: RequestsLeft) => Record<string, string>;
}

/** Ours: RFC 9457. */
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

/** The APIs of this server by prefix. Modules of contexts add theirs in their constructor. */
@Injectable()
export class ApiFormats {
  private readonly added: ApiFormat[] = [];

  add(face: ApiFormat): void {
    if (this.added.some(({ prefix }) => prefix === face.prefix))
      throw new Error(`there are two APIs at ${face.prefix}`);
    this.added.push(face);
    this.added.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The one with the longest prefix; ours where there is none. */
  of(url: string): ApiFormat {
    const path = url.split("?", 1)[0] ?? "";
    return (
      this.added.find(
        ({ prefix }) => path === prefix || path.startsWith(`${prefix}/`),
      ) ?? PROBLEMS
    );
  }
}
