import type { Instrument } from "../../src/domain/instrument.js";
import { migrate, serverDatabase } from "../../src/persistence/schema/database.js";
import { InstrumentStore } from "../../src/persistence/stores/instrument-store.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const M = "binance:BTCUSDT";
const OTHER = "kraken:BTC/USD";
const BTCUSDT: Instrument = {
  market: M,
  base: "BTC",
  quote: "USDT",
  kind: "spot",
  tickSize: "0.01",
  stepSize: "0.000000000000000001",
  status: "trading",
};
const BTCUSD: Instrument = {
  ...BTCUSDT,
  market: OTHER,
  quote: "USD",
  kind: null,
  tickSize: null,
  stepSize: null,
};

let tape: Tape;
let store: InstrumentStore;
tapeForEachTest("1m", (opened) => {
  tape = opened;
  store = new InstrumentStore(tape.source);
});

async function refreshedAt(): Promise<Record<string, number>> {
  const rows: { market: string; refreshed_at: Date }[] = await tape.source.query(
    `SELECT market, refreshed_at FROM instrument`,
  );
  return Object.fromEntries(rows.map((row) => [row.market, row.refreshed_at.getTime()]));
}

it("an instrument is stored before its market's first trade, and returned with the market from then on", async () => {
  await store.save([BTCUSDT]);
  // No process follows it, and it has no trade.
  expect(await tape.markets.all()).toEqual([]);
  const { recorder } = tape.recorder();
  await recorder.record([trade(M, 1, NOON), trade(OTHER, 1, NOON)], never);
  const { market, ...description } = BTCUSDT;
  expect((await tape.markets.find(market))?.instrument).toEqual(description);
  expect((await tape.markets.find(OTHER))?.instrument).toBeNull();
  const all = await tape.markets.all();
  expect(all.map(({ instrument }) => instrument)).toEqual([description, null]);
});

it("fields that a venue omits are null, and a new description replaces the old one", async () => {
  await store.save([]);
  await store.save([BTCUSDT, BTCUSD]);
  await tape.source.query(`UPDATE instrument SET refreshed_at = now() - interval '1 day'`);
  const before = await refreshedAt();
  await store.save([{ ...BTCUSD, tickSize: "0.5", status: "halted" }]);
  const rows: unknown[] = await tape.source.query(
    `SELECT market, kind, tick_size, step_size, status FROM instrument ORDER BY market`,
  );
  expect(rows).toEqual([
    {
      market: M,
      kind: "spot",
      tick_size: "0.01",
      step_size: "0.000000000000000001",
      status: "trading",
    },
    {
      market: OTHER,
      kind: null,
      tick_size: "0.5",
      step_size: null,
      status: "halted",
    },
  ]);
  const after = await refreshedAt();
  expect(after[M]).toBe(before[M]);
  expect(after[OTHER]).toBeGreaterThan((before[OTHER] ?? 0) + 86_000_000);
});

it("the read-only role can read it, and not write it", async () => {
  await store.save([BTCUSDT]);
  const runner = tape.source.createQueryRunner();
  try {
    await runner.query("SET ROLE tapeline_read");
    expect(await runner.query("SELECT base FROM instrument")).toEqual([{ base: "BTC" }]);
    await expect(runner.query("DELETE FROM instrument")).rejects.toThrow(/permission denied/);
  } finally {
    await runner.query("RESET ROLE");
    await runner.release();
  }
});

it("its migration can be undone and applied again", async () => {
  const { source } = tape;
  await store.save([BTCUSDT]);
  const left = async (): Promise<unknown> => {
    const rows: unknown[] = await source.query(
      `SELECT to_regclass('instrument') AS table, (SELECT count(*)::integer FROM pg_type WHERE typname LIKE 'instrument%') AS types`,
    );
    return rows[0];
  };
  // Newer ones first.
  const applied = source.migrations.map((each) => each.constructor.name);
  const newer = applied.slice(applied.indexOf("Instruments1764518400000"));
  for (const _ of newer) await source.undoLastMigration();
  expect(await left()).toEqual({ table: null, types: 0 });
  expect(await migrate(source, serverDatabase(tape.url))).toEqual(newer);
  await store.save([BTCUSDT]);
  expect(Object.keys(await refreshedAt())).toEqual([M]);
});
