/** SQLSTATE of a driver's error; empty for any other value. */
export function codeOf(error: unknown): string {
  return typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "string"
    ? error.code
    : "";
}

/**
 * The database refuses this data at every attempt: a data exception (22) or a constraint (23). Not
 * a missing partition (23514), which can be created.
 */
export function isRefusedData(error: unknown): error is Error {
  const code = codeOf(error);
  return (
    code.length === 5 && (code.startsWith("22") || (code.startsWith("23") && code !== "23514"))
  );
}

/** A deadlock or a serialization failure: a retry may succeed at once. */
export function isLostRace(error: unknown): boolean {
  const code = codeOf(error);
  return code === "40P01" || code === "40001";
}

const NETWORK = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH)$/;
/** Messages of the driver, which has no codes for them. */
const LOST = /connection (is closed|terminated|error)|timeout expired|not queryable/i;

/** The server or the connection is gone: what was sent may be committed or not. */
export function isConnectionLost(error: unknown): boolean {
  return NETWORK.test(codeOf(error)) || (error instanceof Error && LOST.test(error.message));
}
