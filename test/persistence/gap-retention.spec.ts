import { readConfig } from "../../src/config/config.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const M = "binance:G";
const OTHER = "binance:H";
let tape: Tape;
tapeForEachTest("1m", (opened) => {
  tape = opened;
});

/** One trade a minute with each of these ids. */
async function hold(market: string, ...ids: number[]): Promise<void> {
  const { recorder } = tape.recorder();
  await recorder.record(
    ids.map((id) => trade(market, id, NOON + id * 60_000)),
    never,
  );
}

async function makeVoid(market: string, id: number): Promise<void> {
  await tape.ledger.sweep([market]);
  const [gap] = await tape.ledger.due([market], 0);
  if (gap === undefined) throw new Error("no gap is due");
  const ids = [{ from: BigInt(id), to: BigInt(id + 1) }];
  await tape.ledger.absent(gap, ids, 0);
  await tape.ledger.absent(gap, ids, 0);
  await tape.ledger.sweep([market]);
}

async function gaps(market: string): Promise<string[]> {
  const rows: { row: string }[] = await tape.source.query(
    `SELECT g.id_from || ' ' || g.state AS row FROM gap g JOIN market m ON m.id = g.market_id WHERE m.name = $1 ORDER BY g.id_from`,
    [market],
  );
  return rows.map(({ row }) => row);
}

async function age(days: number): Promise<void> {
  await tape.source.query(
    `UPDATE gap SET found_at = now() - $1 * interval '1 day', changed_at = now() - $1 * interval '1 day'`,
    [days],
  );
}

/** The hourly run. */
async function round(): Promise<void> {
  const { source, partitions } = tape;
  await new Retention(readConfig({}), source, partitions).runOnce(Date.now());
}

const candles = async (): Promise<unknown[]> =>
  (await tape.candles.page({ market: M, interval: "1m", start: 0, limit: 20 })).map(
    ({ openTime, version, complete }) => [openTime, version, complete],
  );

it("deletes an ended gap after 90 days, and keeps its trades and void ids", async () => {
  await hold(M, 1, 3, 5, 7);
  await makeVoid(M, 2);
  await hold(M, 4);
  await tape.ledger.sweep([M]);
  expect(await gaps(M)).toEqual(["2 void", "4 repaired", "6 open"]);
  const [repaired] = await tape.gaps.page(M, { limit: 1, state: "repaired" });
  expect(repaired?.endedAt).toBeGreaterThanOrEqual(repaired?.foundAt ?? Infinity);
  const before = [await candles(), (await tape.markets.find(M))?.coverage];
  await age(89);
  await round();
  expect(await gaps(M)).toHaveLength(3);
  await age(91);
  await round();
  // An open gap is never deleted.
  expect(await gaps(M)).toEqual(["6 open"]);
  expect([await candles(), (await tape.markets.find(M))?.coverage]).toEqual(before);
  expect(before[1]).toMatchObject({ void: "1", missing: "1" });
  // Nor found again.
  expect(await tape.ledger.sweep([M])).toMatchObject({ found: 0 });
});

it("keeps the newest 10,000 ended gaps of each market", async () => {
  await hold(M, 1, 3);
  await hold(OTHER, 1, 3);
  await makeVoid(OTHER, 2);
  await tape.source.query(
    `INSERT INTO gap (market_id, id_from, id_to, state, changed_at)
     SELECT m.id, n, n + 1, 'repaired', now() - n * interval '1 second' FROM market m, generate_series(10, 10020) n WHERE m.name = $1`,
    [M],
  );
  await tape.ledger.sweep([M]);
  await round();
  const left = await gaps(M);
  expect(left).toHaveLength(10_001);
  expect(left[0]).toBe("2 open");
  expect(left.at(-1)).toBe("10009 repaired");
  expect(await gaps(OTHER)).toEqual(["2 void"]);
});
