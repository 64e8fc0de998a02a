import { DataSource } from "typeorm";
import {
  dataSourceOptions,
  serverDatabase,
} from "../../src/persistence/schema/database.js";
import {
  BackfillStore,
  MAX_OPEN,
} from "../../src/persistence/stores/backfill-store.js";
import { type Tape, openTape } from "../support/tape.js";

const MARKET = "binance:BTCUSDT";
const RACING = 6;

let tape: Tape;
let other: DataSource;
beforeEach(async () => {
  tape = await openTape("1m");
  other = await new DataSource(
    dataSourceOptions(serverDatabase(tape.url), RACING),
  ).initialize();
});
afterEach(async () => {
  await other.destroy();
  await tape.close();
});

const ask = (
  store: BackfillStore,
  from: number,
  askedBy: "api" | "bootstrap" = "api",
): ReturnType<BackfillStore["ask"]> =>
  store.ask({ market: MARKET, from, to: from + 1_000, askedBy });

it("has no more open backfills than may be, also when two processes are asked at once", async () => {
  const stores = [new BackfillStore(tape.source), new BackfillStore(other)];
  const [one] = stores as [BackfillStore];
  for (let from = 1; from < MAX_OPEN; from++) await ask(one, from);
  const answers = await Promise.all(
    Array.from({ length: RACING }, (_, place) =>
      stores.map((store) => ask(store, MAX_OPEN + place)),
    ).flat(),
  );
  expect(answers.filter((job) => job !== undefined)).toHaveLength(1);
  expect(await one.list({ limit: 1_000 })).toHaveLength(MAX_OPEN);
});

it("lets bootstraps in besides, and another one when a job has ended", async () => {
  const store = new BackfillStore(tape.source);
  for (let from = 1; from <= MAX_OPEN; from++) await ask(store, from);
  expect(await ask(store, 7_000)).toBeUndefined();
  expect(await ask(store, 7_000, "bootstrap")).toMatchObject({
    market: MARKET,
    from: 7_000,
    to: 8_000,
    askedBy: "bootstrap",
    state: "waiting",
    reached: 7_000,
  });
  const [oldest] = (await store.list({ limit: 1_000 })).slice(-1);
  await store.cancel(oldest?.id ?? 0);
  expect(await ask(store, 7_000)).toMatchObject({ from: 7_000 });
});
