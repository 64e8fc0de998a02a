import { type TestPostgres, startPostgres } from "./postgres.js";
import { type Tape, openTape } from "./tape.js";

/** A database server for the suite that calls this, and for each of its tests a tape of its own. */
export function tapeForEachTest(
  intervals: string,
  opened: (tape: Tape) => void | Promise<void>,
): void {
  let postgres: TestPostgres;
  let tape: Tape;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    tape = await openTape(postgres.url, intervals);
    await opened(tape);
  });
  afterEach(() => tape.close());
}
