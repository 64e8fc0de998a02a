import type { PoolClient } from "pg";
import type { DataSource } from "typeorm";

export type Client = Pick<PoolClient, "query">;

/**
 * Runs statements in one transaction on a connection of the caller's: all of them count, or none.
 */
export async function transact<T>(client: Client, run: () => Promise<T>): Promise<T> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    const result = await run();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client
      .query("ROLLBACK")
      .catch(() => undefined /* the connection is gone, and the transaction with it */);
    throw error;
  }
}

/** As `transact`, on a connection that is taken for it. */
export async function inTransaction<T>(
  source: DataSource,
  run: (client: Client) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    const client = (await runner.connect()) as Client;
    return await transact(client, () => run(client));
  } finally {
    await runner.release();
  }
}
