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
}
