import { applyDecorators } from "@nestjs/common";
import { Transform } from "class-transformer";
import { IsOptional, ValidateBy } from "class-validator";
import { badParameters } from "./problem.js";

/** Maximum rows of a page. */
export const MAX_LIMIT = 1_000;
export const DEFAULT_LIMIT = 500;

/** 9999-12-31T23:59:59.999Z. */
const MAX_TIME = 253_402_300_799_999;
// The offset's plus may arrive as a space: that is what an unescaped "+" means in a query.
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[ +-]\d{2}:?\d{2})?)?$/;

/**
 * Epoch ms of `1723161600000`, `2024-08-09`, `2024-08-09T00:00Z` or `2024-08-09T02:00:00.5+02:00`;
 * UTC without an offset.
 */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text) <= MAX_TIME ? Number(text) : undefined;
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, date, time = "00:00", zone = "Z"] = match;
  // Date.parse reads 30 February as 1 March.
  const day = Date.parse(`${date}T00:00Z`);
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(`${date}T`)) return undefined;
  const at = Date.parse(
    `${date}T${time}${zone.replace(" ", "+").replace(/^([+-]\d{2})(\d{2})$/, "$1:$2")}`,
  );
  return Number.isNaN(at) || at < 0 || at > MAX_TIME ? undefined : at;
}

/** An optional time: becomes epoch ms. */
export function OptionalTime(): PropertyDecorator {
  return parameter(
    "isTime",
    (text) => parseTime(text),
    (value) => typeof value === "number",
    "must be epoch ms or ISO 8601, such as 1723161600000 or 2024-08-09T00:00:00Z",
  );
}

/** Optional page size of 1–1,000: more is refused, not cut. */
export function OptionalLimit(): PropertyDecorator {
  return parameter(
    "isLimit",
    (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
    (value) => typeof value === "number" && value >= 1 && value <= MAX_LIMIT,
    `must be an integer from 1 to ${MAX_LIMIT}`,
  );
}

/** An optional trade id: integer text below 2⁶³. */
export function OptionalId(): PropertyDecorator {
  return parameter(
    "isId",
    (text) => text,
    (value) => typeof value === "string" && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n,
    "must be an integer from 0 to 2^63 - 1",
  );
}

function parameter(
  name: string,
  parse: (text: string) => number | string | undefined,
  validate: (value: unknown) => boolean,
  rule: string,
): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    // A value that cannot be parsed stays as sent, so that the error can show it.
    Transform(({ value }: { value: unknown }) =>
      typeof value === "string" ? (parse(value) ?? value) : value,
    ),
    ValidateBy({ name, validator: { validate, defaultMessage: () => rule } }),
  );
}

/** Throws a 400 unless `start` is before `end`. */
export function checkRange({ start, end }: { start?: number; end?: number }): void {
  if (start === undefined || end === undefined || start < end) return;
  throw badParameters([
    {
      field: "start",
      detail: `must be before end (${end})`,
      value: String(start),
    },
  ]);
}
