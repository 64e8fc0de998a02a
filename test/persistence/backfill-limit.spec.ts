import { DataSource } from "typeorm";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { BackfillStore, MAX_OPEN } from "../../src/persistence/stores/backfills/backfill-store.js";
import { type Tape, openTape } from "../support/tape.js";

const MARKET = "binance:BTCUSDT";
const CONCURRENT = 6;

let tape: Tape;
let other: DataSource;
beforeEach(async () => {
  tape = await openTape("1m");
  other = await new DataSource(
    dataSourceOptions(serverDatabase(tape.url), CONCURRENT),
  ).initialize();
});
afterEach(async () => {
  await other.destroy();
  await tape.close();
});

const request = (
  store: BackfillStore,
  from: number,
  askedBy: "api" | "bootstrap" = "api",
): ReturnType<BackfillStore["request"]> =>
  store.request({ market: MARKET, from, to: from + 1_000, askedBy });

it("never exceeds the limit of open backfills, also with concurrent requests to two processes", async () => {
  const stores = [new BackfillStore(tape.source), new BackfillStore(other)];
  const [one] = stores as [BackfillStore];
  for (let from = 1; from < MAX_OPEN; from++) await request(one, from);
  const answers = await Promise.all(
    Array.from({ length: CONCURRENT }, (_, place) =>
      stores.map((store) => request(store, MAX_OPEN + place)),
    ).flat(),
  );
  expect(answers.filter((job) => job !== undefined)).toHaveLength(1);
  expect(await one.list({ limit: 1_000 })).toHaveLength(MAX_OPEN);
});

it("accepts bootstraps beyond the limit, and another job when one has ended", async () => {
  const store = new BackfillStore(tape.source);
  for (let from = 1; from <= MAX_OPEN; from++) await request(store, from);
  expect(await request(store, 7_000)).toBeUndefined();
  expect(await request(store, 7_000, "bootstrap")).toMatchObject({
    market: MARKET,
    from: 7_000,
    to: 8_000,
    askedBy: "bootstrap",
    state: "waiting",
    reached: 7_000,
  });
  const [oldest] = (await store.list({ limit: 1_000 })).slice(-1);
  await store.cancel(oldest?.id ?? 0);
  expect(await request(store, 7_000)).toMatchObject({ from: 7_000 });
});
