import { applyDecorators } from "@nestjs/common";
import { ApiParam, ApiResponse } from "@nestjs/swagger";
import { reference } from "./schema-parts.js";

/** 200 with one `name` of `SCHEMAS`. */
export function ReturnsOne(name: string, description: string): MethodDecorator {
  return ApiResponse({
    status: 200,
    description,
    content: { "application/json": { schema: reference(name) } },
  });
}

/** 200 with a list; `csv` is an example of its CSV form. */
export function ReturnsList(name: string, description: string, csv?: string): MethodDecorator {
  const list = {
    "application/json": { schema: { type: "array", items: reference(name) } },
  };
  const table =
    csv === undefined ? {} : { "text/csv": { schema: { type: "string" }, example: csv } };
  return ApiResponse({
    status: 200,
    description,
    content: { ...list, ...table },
  });
}

const ERRORS = {
  304: { description: "Nothing has changed since the ETag in If-None-Match" },
  400: {
    code: "bad_parameter",
    title: "Bad Request",
    detail: 'limit must be an integer from 1 to 1000, not "10000"',
  },
  404: {
    code: "unknown_market",
    title: "Not Found",
    detail: 'There is no market "binance:NOPE". GET /api/v1/markets lists them.',
  },
  409: {
    code: "not_built",
    title: "Conflict",
    detail:
      "candles of 1s of binance:BTCUSDT from 2024-01-01T00:00:00.000Z to 2024-03-01T00:00:00.000Z are not built: that was cancelled, or their trades are not kept; ask for start=1709251200000. While they are being built, 503 with the same code",
  },
  429: {
    code: "too_many_requests",
    title: "Too Many Requests",
    detail: "More than 600 requests in a minute; see Retry-After",
  },
  503: {
    code: "database_unavailable",
    title: "Service Unavailable",
    detail: "The database does not answer at the moment; try again.",
  },
} as const;

/** Documents what can go wrong; 429 and 503 always can. */
export function Fails(...statuses: (304 | 400 | 404 | 409)[]): MethodDecorator {
  const all = [...statuses, 429, 503] as const;
  return applyDecorators(
    ...all.map((status) => {
      const error = ERRORS[status];
      if (!("code" in error)) return ApiResponse({ status, description: error.description });
      const example = {
        type: "about:blank",
        title: error.title,
        status,
        code: error.code,
        detail: error.detail,
        instance: "/api/v1/…",
      };
      return ApiResponse({
        status,
        description: `${error.code}: ${error.detail}`,
        content: {
          "application/problem+json": { schema: reference("Problem"), example },
        },
      });
    }),
  );
}

export interface Refusal {
  status: number;
  code: string;
  /** When the request is refused. */
  description: string;
  /** Example of the text for people. */
  detail: string;
}

/** Documents refusals of one route that `Fails` does not cover; `instance` is the route's path. */
export function Refuses(instance: string, refusals: readonly Refusal[]): MethodDecorator {
  return applyDecorators(
    ...refusals.map(({ status, code, description, detail }) => {
      const example = {
        type: "about:blank",
        title: "…",
        status,
        code,
        detail,
        instance,
      };
      return ApiResponse({
        status,
        description,
        content: {
          "application/problem+json": { schema: reference("Problem"), example },
        },
      });
    }),
  );
}

/** The `{market}` of a path. */
export function MarketInPath(): MethodDecorator {
  return ApiParam({
    name: "market",
    description: "`venue:symbol`, URL-encoded; the colon may stand as it is",
    schema: { type: "string" },
    example: "binance:BTCUSDT",
  });
}
