import { Logger } from "@nestjs/common";
import type { DataSource } from "typeorm";
import { ClaimStore } from "../../src/persistence/stores/claim-store.js";
import { MarketClaims } from "../../src/recovery/market-claims.js";
import type { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { until } from "../support/app.js";
import { type Tape, openTape } from "../support/tape.js";
import { following } from "./followed.js";

const FEEDS = "binance:BTCUSDT,kraken:BTC/USD,sim:BTCUSDT";
const LIMIT = 30_000;

let tapes: Tape[];
let claims: MarketClaims[];
/** What each of them follows. */
let followed: FollowedMarkets[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(() => {
  tapes = [];
  claims = [];
});
afterEach(async () => {
  await Promise.all(claims.map((each) => each.stop()));
  await Promise.all(tapes.map((tape) => tape.close()));
});

/** Two processes of one database. */
async function two(): Promise<[MarketClaims, MarketClaims, DataSource]> {
  const tape = await openTape();
  tapes.push(tape);
  followed = [following(FEEDS), following(FEEDS)];
  const [one, other] = followed.map((each) => new MarketClaims(each, new ClaimStore(tape.source)));
  claims.push(one as MarketClaims, other as MarketClaims);
  return [one as MarketClaims, other as MarketClaims, tape.source];
}

const marketsOf = (each: MarketClaims): string[] => each.claimedMarkets.map(({ market }) => market);

const ALL = ["binance:BTCUSDT", "kraken:BTC/USD"];

describe("a market", () => {
  it("is claimed by one process, and by another when that stops; one without a venue is not claimed", async () => {
    const [one, other] = await two();
    one.start();
    await until(() => marketsOf(one).length === 2, LIMIT);
    other.start();
    expect(marketsOf(one)).toEqual(ALL);
    expect(await other.claimJob("x")).toBe(true);
    expect(marketsOf(other)).toEqual([]);
    await one.stop();
    expect(marketsOf(one)).toEqual([]);
    await until(() => marketsOf(other).length === 2, LIMIT);
  });

  it("is released when its connection is lost, and claimed again", async () => {
    const [one, , source] = await two();
    one.start();
    await until(() => one.has("binance:BTCUSDT"), LIMIT);
    const holders = async (): Promise<string[]> => {
      const rows = await source.query<{ pid: number; locks: string }[]>(
        `SELECT pid, count(*) AS locks FROM pg_locks
         WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid`,
      );
      return rows.map(({ pid, locks }) => `${locks} by ${pid}`);
    };
    const [before = ""] = await holders();
    expect(before).toMatch(/^2 by /);
    await source.query("SELECT pg_terminate_backend($1)", [Number(before.split(" ").at(-1))]);
    // The ended backend may hold its locks for a moment longer.
    await until(async () => {
      const [now] = await holders();
      return now !== before && now?.startsWith("2 by ") === true;
    }, LIMIT);
    await until(() => marketsOf(one).length === ALL.length, LIMIT);
    expect(marketsOf(one)).toEqual(ALL);
  });

  it("is free again when a statement of its connection has failed, which the pool reuses", async () => {
    const [one, , source] = await two();
    one.start();
    await until(() => marketsOf(one).length === ALL.length, LIMIT);
    // PostgreSQL rejects the text, and the connection lives on.
    await expect(one.claimJob("\0")).rejects.toThrow(/0x00/);
    await one.stop();
    const [{ locks }] = await source.query<[{ locks: number }]>(
      `SELECT count(*)::integer AS locks FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(locks).toBe(0);
  });
});

describe("a market that is added while the process runs", () => {
  it("is claimed, also by a process without markets, and by another process after its removal", async () => {
    const [one, other] = await two();
    const [own, others] = followed as [FollowedMarkets, FollowedMarkets];
    for (const each of [own, others]) each.remove(each.all);
    one.start();
    other.start();
    own.add(["okx:BTC-USDT"]);
    await until(() => one.has("okx:BTC-USDT"), LIMIT);
    others.add(["okx:BTC-USDT"]);
    expect(await other.claimJob("x")).toBe(true);
    expect(marketsOf(other)).toEqual([]);
    own.remove(["okx:BTC-USDT"]);
    expect(marketsOf(one)).toEqual([]);
    await until(() => other.has("okx:BTC-USDT"), LIMIT);
    expect(one.has("okx:BTC-USDT")).toBe(false);
  });
});

describe("a job", () => {
  // Each of several that began at once made a connection, and only the last one was known: what the
  // others had locked stayed locked.
  it("can be claimed by another process after its release, with many concurrent claims", async () => {
    const [one, other] = await two();
    const ids = Array.from({ length: 20 }, (_, id) => String(id));
    one.start();
    const claimed = await Promise.all(ids.map((id) => one.claimJob(id)));
    expect(claimed).toEqual(ids.map(() => true));
    await Promise.all(ids.map((id) => one.releaseJob(id)));
    for (const id of ids) expect(await other.claimJob(id)).toBe(true);
  });

  it("is claimed once, and can be claimed again after its release", async () => {
    const [one, other] = await two();
    expect(await one.claimJob("7")).toBe(true);
    expect(await other.claimJob("7")).toBe(false);
    expect([one.hasJob("7"), other.hasJob("7")]).toEqual([true, false]);
    await one.releaseJob("7");
    expect(await other.claimJob("7")).toBe(true);
  });
});
