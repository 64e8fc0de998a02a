import { type Tape, openTape } from "./tape.js";

/** A tape of its own for each test of the suite that calls this. */
export function tapeForEachTest(
  intervals: string,
  opened: (tape: Tape) => void | Promise<void>,
): void {
  let tape: Tape;
  beforeEach(async () => {
    tape = await openTape(intervals);
    await opened(tape);
  });
  afterEach(() => tape.close());
}
