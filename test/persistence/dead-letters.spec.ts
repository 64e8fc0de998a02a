import type { DeadLetter } from "../../src/domain/dead-letter.js";
import { DeadLetterStore } from "../../src/persistence/stores/dead-letter-store.js";
import { type Tape, openTape } from "../support/tape.js";

let tape: Tape;
let store: DeadLetterStore;
beforeEach(async () => {
  tape = await openTape("1m");
  store = new DeadLetterStore(tape.source);
});
afterEach(() => tape.close());

const letter = (offset: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  reason: "undecodable",
  detail: "no JSON",
  topic: "trades",
  partition: 0,
  offset: String(offset),
  key: null,
  payload: "{",
  at: 0,
  ...changes,
});

it("stores more dead letters at once than one statement takes, each of them once", async () => {
  const letters = Array.from({ length: 10_001 }, (_, offset) => letter(offset));
  await store.put(letters.slice(4_000, 6_000));
  await store.put(letters);
  expect(await store.total()).toBe(10_001);
});

it("pages from the newest back, without characters that the database cannot store", async () => {
  const began = Date.now();
  await store.put([letter(1), letter(2, { key: "a\0b", payload: "\0" })]);
  const [newest, oldest, ...rest] = await store.page({ limit: 10 });
  expect(rest).toEqual([]);
  expect(newest).toMatchObject({ offset: "2", key: "a�b", payload: "�" });
  expect(oldest).toEqual({ ...letter(1), id: oldest?.id, at: oldest?.at });
  expect(Math.abs((oldest?.at ?? 0) - began)).toBeLessThan(60_000);
  expect(await store.page({ before: newest?.id ?? "", limit: 10 })).toEqual([oldest]);
});
