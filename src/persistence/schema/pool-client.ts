import pg from "pg";

/**
 * A connection of a pool. The pool and TypeORM listen to its errors, but not in the moment in which
 * it is handed over: an error that a dying server sends together with the last message of the
 * handshake would end the process.
 */
export class PoolClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => undefined);
  }

  /**
   * Runs what may take any time, such as a migration of years: neither side ends a statement
   * meanwhile.
   */
  async withoutTimeout<T>(work: () => Promise<T>): Promise<T> {
    // The driver reads it at each query, and has no other way to change it.
    const { connectionParameters } = this as unknown as {
      connectionParameters: { query_timeout: number };
    };
    const before = connectionParameters.query_timeout;
    connectionParameters.query_timeout = 0;
    try {
      await this.query("SET statement_timeout = 0");
      return await work();
    } finally {
      connectionParameters.query_timeout = before;
      await this.query("RESET statement_timeout").catch(() => undefined /* it is gone */);
    }
  }
}
