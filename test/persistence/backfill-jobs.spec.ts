import { BackfillStore } from "../../src/persistence/stores/backfills/backfill-store.js";
import { tapeForEachTest } from "../support/tape-suite.js";

const MARKET = "binance:BTCUSDT";
let store: BackfillStore;
tapeForEachTest("1m", ({ source }) => {
  store = new BackfillStore(source);
});

const request = async (from: number, askedBy: "api" | "bootstrap" = "api"): Promise<number> =>
  (await store.request({ market: MARKET, from, to: from + 1_000, askedBy }))?.id ?? 0;

it("gives the jobs that are due, bootstraps first and then the oldest", async () => {
  const first = await request(1);
  const second = await request(2);
  const bootstrap = await request(3, "bootstrap");
  const later = await request(4);
  await store.start(later);
  await store.postpone(later, "the venue is away", 60_000);
  expect((await store.due(10)).map(({ id }) => id)).toEqual([bootstrap, first, second]);
  expect(await store.due(1)).toMatchObject([{ id: bootstrap, askedBy: "bootstrap" }]);
});

it("does not start a job that has ended", async () => {
  const id = await request(1);
  await store.cancel(id);
  expect(await store.start(id)).toBeUndefined();
  expect((await store.find(id))?.state).toBe("cancelled");
});

it("keeps each note once, and the first 50", async () => {
  const id = await request(1);
  await store.start(id);
  for (const note of ["one", "two", "one"]) await store.note(id, note);
  expect((await store.find(id))?.notes).toEqual(["one", "two"]);
  for (let place = 3; place <= 60; place++) await store.note(id, `note ${place}`);
  const { notes = [] } = (await store.find(id)) ?? {};
  expect(notes).toHaveLength(50);
  expect(notes.at(-1)).toBe("note 50");
});
