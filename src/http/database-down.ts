/**
 * SQLSTATE classes and codes of a server that is unreachable, starting, stopping, out of
 * connections, or timed out, also while it waited for a lock.
 */
const STATES = /^(08...|57P0[1-5]|53300|57014|55P03)$/;
const SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENOENT",
]);
/** Messages of pg and TypeORM that come without a code. */
const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Driver not Connected|DataSource is not (set|initialized)|Cannot use a pool after calling end/i;
const MAX_DEPTH = 5;

/**
 * Whether an error means that the database cannot be reached, as opposed to having rejected a
 * statement.
 */
export function isDatabaseDown(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return false;
  const { code, message, cause, driverError, errors } = error as Record<string, unknown>;
  if (typeof code === "string" && (STATES.test(code) || SYSTEM.has(code))) return true;
  if (typeof message === "string" && MESSAGES.test(message)) return true;
  const inner: unknown[] = [
    cause,
    driverError,
    ...(Array.isArray(errors) ? (errors as unknown[]) : []),
  ];
  return inner.some((each) => isDatabaseDown(each, depth + 1));
}
