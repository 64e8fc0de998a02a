import { type TestPostgres, startPostgres } from "./postgres.js";

/** A database server for the suite that calls this: opens things on it, and closes them after each test. */
export function openedOnPostgres<
  Opened extends { close(): Promise<void> },
  Rest extends unknown[],
>(
  open: (postgresUrl: string, ...rest: Rest) => Promise<Opened>,
): (...rest: Rest) => Promise<Opened> {
  let postgres: TestPostgres;
  let opened: Opened[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.stop());
  afterEach(async () => {
    const open = opened;
    opened = [];
    for (const each of open) await each.close();
  });
  return async (...rest) => {
    const one = await open(postgres.url, ...rest);
    opened.push(one);
    return one;
  };
}
