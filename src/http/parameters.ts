import { applyDecorators } from "@nestjs/common";
import { Transform } from "class-transformer";
import { IsOptional, ValidateBy } from "class-validator";
import { timeFault, timeOf } from "../domain/time-text.js";
import { badParameters } from "./problem.js";

/** Maximum rows of a page. */
export const MAX_LIMIT = 1_000;
export const DEFAULT_LIMIT = 500;

const TIME_RULE = "must be epoch ms or ISO 8601, such as 1723161600000 or 2024-08-09T00:00:00Z";

/** A time: becomes epoch ms. */
export function Time(): PropertyDecorator {
  return parameter(
    "isTime",
    timeOf,
    (value) => typeof value === "number",
    (value) => timeFault(TIME_RULE, value),
  );
}

/** A time or nothing: becomes epoch ms. */
export function OptionalTime(): PropertyDecorator {
  return applyDecorators(IsOptional(), Time());
}

/** Optional page size of 1–1,000: more is refused, not cut. */
export function OptionalLimit(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    parameter(
      "isLimit",
      (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
      (value) => typeof value === "number" && value >= 1 && value <= MAX_LIMIT,
      () => `must be an integer from 1 to ${MAX_LIMIT}`,
    ),
  );
}

/** An optional trade id: integer text below 2⁶³. */
export function OptionalId(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    parameter(
      "isId",
      (text) => text,
      (value) => typeof value === "string" && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n,
      () => "must be an integer from 0 to 2^63 - 1",
    ),
  );
}

function parameter(
  name: string,
  parse: (text: string) => number | string | undefined,
  validate: (value: unknown) => boolean,
  rule: (value: unknown) => string,
): PropertyDecorator {
  return applyDecorators(
    // A value that cannot be parsed stays as sent, as text, so that the error can show it.
    Transform(({ value }: { value: unknown }) => {
      const text = typeof value === "number" ? String(value) : value;
      return typeof text === "string" ? (parse(text) ?? text) : value;
    }),
    ValidateBy({
      name,
      validator: { validate, defaultMessage: (fault) => rule(fault?.value) },
    }),
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
