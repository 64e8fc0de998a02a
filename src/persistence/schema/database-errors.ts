/** SQLSTATE of a driver's error; empty for any other value. */
export function codeOf(error: unknown): string {
  return typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "string"
    ? error.code
    : "";
}

/** The database will say the same of this data every time. A missing partition (23514) is not such a case. */
export function isRefusedData(error: unknown): error is Error {
  const code = codeOf(error);
  return (
    code.length === 5 &&
    (code.startsWith("22") || (code.startsWith("23") && code !== "23514"))
  );
}

/** The transaction lost against another one: repeated at once, it may go through. */
export function isLostRace(error: unknown): boolean {
  const code = codeOf(error);
  return code === "40P01" || code === "40001";
}

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH)$/;
/** The driver has no codes for these. */
const GONE =
  /connection (is closed|terminated|error)|timeout expired|not queryable/i;

/** Nothing is known of what was sent: the server is away, or the connection to it is. */
export function isConnectionLost(error: unknown): boolean {
  return (
    NETWORK.test(codeOf(error)) ||
    (error instanceof Error && GONE.test(error.message))
  );
}
