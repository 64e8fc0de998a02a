import fc from "fast-check";
import {
  INTERVALS,
  closeTimeOf,
  nextOpenTime,
  openTimeOf,
  shapeOf,
} from "../../src/domain/interval.js";
import { TRADE_SOURCES } from "../../src/domain/trade.js";
import { checkSources } from "../../src/persistence/schema/revision-sources.js";
import { CREATE_STAGED } from "../../src/persistence/merge/staged-write.js";
import {
  WRITE_COPIED,
  WRITE_STAGED,
  WRITE_TRADES,
} from "../../src/persistence/merge/write-statement.js";
import { type Tape, openTape } from "../support/tape.js";

let tape: Tape;
beforeAll(async () => {
  tape = await openTape();
});
afterAll(() => tape.close());

it("opens and closes buckets in the database at the same times as the domain", async () => {
  const time = fc.integer({
    min: Date.UTC(2009, 0, 3),
    max: Date.UTC(2100, 0, 1),
  });
  const atBorder = fc
    .tuple(fc.constantFrom(...INTERVALS), time, fc.integer({ min: -1, max: 1 }))
    .map(([interval, at, offset]) => nextOpenTime(interval, at) + offset);
  const times = fc.sample(fc.oneof(time, atBorder), 2_000);
  for (const interval of INTERVALS) {
    const { width, anchor } = shapeOf(interval);
    const rows: { opens: string; closes: string }[] = await tape.source.query(
      `SELECT o.opens, close_time($1, o.opens) AS closes
       FROM unnest($3::bigint[]) WITH ORDINALITY AS t (time, place)
       CROSS JOIN LATERAL (SELECT open_time($1, $2, t.time) AS opens) o ORDER BY t.place`,
      [width, anchor, times],
    );
    expect(rows.map(({ opens, closes }) => [Number(opens), Number(closes)])).toEqual(
      times.map((at) => {
        const opens = openTimeOf(interval, at);
        return [opens, closeTimeOf(interval, opens)];
      }),
    );
  }
});

it.each([
  ["of batches", WRITE_TRADES],
  ["of staged rows", WRITE_STAGED],
  ["of copied rows", WRITE_COPIED],
])("is merged without a call of a function: %s", async (_, { text }) => {
  const runner = tape.source.createQueryRunner();
  try {
    await runner.query("DROP TABLE IF EXISTS staged");
    await runner.query(CREATE_STAGED);
    const rows = (await runner.query(`EXPLAIN (VERBOSE, GENERIC_PLAN) ${text}`)) as {
      "QUERY PLAN": string;
    }[];
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    // One call for each candle and interval costs more than all arithmetic.
    expect(plan).not.toMatch(/\b(open_time|close_time|month_start)\(/);
    expect(plan).toMatch(/date_trunc/);
  } finally {
    await runner.query("DROP TABLE IF EXISTS staged");
    await runner.release();
  }
});

it("aborts the start when the database numbers the sources of trades differently, not when it has more of them", async () => {
  await checkSources(tape.source);
  const reading = (sources: readonly string[]) => ({
    query: <T>(): Promise<T> => Promise.resolve([{ sources }] as T),
  });
  await checkSources(reading([...TRADE_SOURCES, "later"]));
  const [first, second, ...rest] = TRADE_SOURCES;
  for (const sources of [[second, first, ...rest], TRADE_SOURCES.slice(0, -1)])
    await expect(checkSources(reading(sources))).rejects.toThrow(/enumeration of trade sources/);
});
