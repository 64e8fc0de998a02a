import { contents, openTape } from "../support/tape.js";
import { type BackfillBench, DAY, NEW_YEAR, TRADES, benchOpener } from "./backfill-under-test.js";

export const FROM = NEW_YEAR - 2 * DAY;
export const TO = NEW_YEAR + DAY;
const INTERVALS = ["1m", "5m", "1h", "1d", "1w", "1M"] as const;

export type Rows = Awaited<ReturnType<typeof contents>>;

/**
 * A bench for each test of the suite that calls this, with the rows of the same trades recorded in
 * order, as from a feed.
 */
export function backfillForEachTest(opened: (bench: BackfillBench, expected: Rows) => void): void {
  const openBench = benchOpener();
  let expected: Rows;
  beforeAll(async () => {
    expected = await recordedRows();
  }, 120_000);
  beforeEach(async () => opened(await openBench(), expected));
}

async function recordedRows(): Promise<Rows> {
  const tape = await openTape(INTERVALS.join(","));
  // A job that has ended has proven its times.
  const end = { market: TRADES[0]?.market ?? "", clock: TO };
  await tape.recorder().recorder.record([...TRADES, end], new AbortController().signal);
  const rows = bare(await contents(tape.source));
  await tape.close();
  return rows;
}

export async function stored({ tape }: BackfillBench): Promise<Rows> {
  return bare(await contents(tape.source));
}

/** Without the source and the arrival of trades. */
function bare(all: Rows): Rows {
  const trades = all.trades.map((row) => row.replace(/, "(source|received_at)": ("\w+"|\d+)/g, ""));
  return { ...all, trades };
}
