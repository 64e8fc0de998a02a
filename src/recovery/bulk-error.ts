/**
 * - `refused`: the file is not what it should be, and will not be at the next try
 * - `unreachable`: its server is away or fails
 */
export type BulkReason = "refused" | "unreachable";

/** A bulk file that cannot be loaded; the message names it, and the line where there is one. */
export class BulkError extends Error {
  readonly canRetry: boolean;
  constructor(
    readonly reason: BulkReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "BulkError";
    this.canRetry = reason === "unreachable";
  }
}
