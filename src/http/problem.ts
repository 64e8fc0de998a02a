import { HttpException, HttpStatus } from "@nestjs/common";

/** One wrong field of a request. */
export interface FieldFault {
  field: string;
  /** What the field must be. */
  detail: string;
  /** What was sent, cut at 80 characters. */
  value?: string;
}

/** Body of every error (RFC 9457); `code` is stable and meant for programs, `detail` for people. */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  code: string;
  detail: string;
  instance: string;
  errors?: FieldFault[];
}

/** An error that a client caused and can understand. */
export class ProblemException extends HttpException {
  constructor(
    status: HttpStatus,
    readonly code: string,
    detail: string,
    errors?: readonly FieldFault[],
  ) {
    super({ code, detail, ...(errors === undefined ? {} : { errors }) }, status);
    this.name = "ProblemException";
  }
}

/** 400 that names each wrong field, what it must be and what was sent. */
export function badParameters(faults: readonly FieldFault[]): ProblemException {
  const detail = faults
    .map(
      ({ field, detail, value }) =>
        `${field} ${detail}${value === undefined ? "" : `, not ${JSON.stringify(value)}`}`,
    )
    .join("; ");
  return new ProblemException(HttpStatus.BAD_REQUEST, "bad_parameter", detail, faults);
}

/** A sent value as text that is safe to echo. */
export function shown(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, 80);
}
