import type { PoolClient } from "pg";
import { ADVISORY_LOCKS } from "../schema/advisory-locks.js";

/** Whether this connection may build candles: one at a time does, in all processes. */
export async function tryRebuildLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_lock($1) AS locked",
    [ADVISORY_LOCKS.rebuild],
  );
  return rows[0]?.locked === true;
}

/** Does not reject: a connection that is lost has lost the lock, too. */
export async function releaseRebuildLock(client: PoolClient): Promise<void> {
  await client
    .query("SELECT pg_advisory_unlock($1)", [ADVISORY_LOCKS.rebuild])
    .catch(() => undefined);
}
