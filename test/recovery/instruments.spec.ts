import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { Metrics } from "../../src/metrics/metrics.js";
import { ClaimStore } from "../../src/persistence/stores/claim-store.js";
import { InstrumentStore } from "../../src/persistence/stores/instrument-store.js";
import { Instruments } from "../../src/recovery/instruments/instruments.js";
import { MarketClaims } from "../../src/recovery/market-claims.js";
import { binance } from "../../src/venues/binance/spot.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import { until } from "../support/app.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import type { Tape } from "../support/tape.js";
import { following } from "./followed.js";
import { Rest } from "./repair-under-test.js";

/** Shorter than the product's timing. */
const TIMING = {
  firstMs: 20,
  everyMs: 300,
  pollMs: 20,
  firstRetryMs: 60,
  maxRetryMs: 250,
};
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"];
const FEEDS = SYMBOLS.map((symbol) => `binance:${symbol}`).join();
const never = new AbortController().signal;

let tape: Tape;
let rest: Rest;
/** Ticks of the symbols that the venue knows. */
let ticks: Map<string, string>;
let warnings: string[];
let stops: (() => Promise<void>)[];
// Before the database is dropped.
afterEach(async () => {
  for (const stop of stops) await stop();
  await rest.close();
  jest.restoreAllMocks();
});
tapeForEachTest("1m", async (opened) => {
  tape = opened;
  ticks = new Map(SYMBOLS.map((symbol) => [symbol, "0.01000000"]));
  warnings = [];
  stops = [];
  jest
    .spyOn(Logger.prototype, "warn")
    .mockImplementation((text: string) => void warnings.push(text));
  rest = await Rest.start(exchangeInfo);
});

function symbolsOf(url: string): string[] {
  const symbols = new URL(url, "http://venue").searchParams.get("symbols");
  return JSON.parse(symbols ?? "[]") as string[];
}

function exchangeInfo({ href }: URL): unknown {
  return {
    symbols: symbolsOf(href).map((symbol) => ({
      symbol,
      status: "TRADING",
      baseAsset: symbol.replace("USDT", ""),
      quoteAsset: "USDT",
      filters: [{ filterType: "PRICE_FILTER", tickSize: ticks.get(symbol) }],
    })),
  };
}

/** Another process that follows these markets. */
function start(feeds = FEEDS, timing = TIMING): { hosts: VenueHosts; stop: () => Promise<void> } {
  const followed = following(feeds);
  const claims = new MarketClaims(followed, new ClaimStore(tape.source));
  const metrics = new Metrics();
  const clocks = new VenueClocks(new ClockFigures(metrics));
  const hosts = new VenueHosts({ venueUrl: () => rest.url }, new RestFigures(metrics), clocks);
  const store = new InstrumentStore(tape.source);
  const instruments = new Instruments(followed, claims, hosts, store, timing);
  claims.start();
  instruments.start();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= instruments.stop().then(() => claims.stop()));
  stops.push(stop);
  return { hosts, stop };
}

async function known(): Promise<Record<string, string>> {
  const rows: { market: string; tick_size: string }[] = await tape.source.query(
    "SELECT market, tick_size FROM instrument ORDER BY market",
  );
  return Object.fromEntries(rows.map((row) => [row.market.slice(8), row.tick_size]));
}

const holds = (wanted: Record<string, string>): Promise<void> =>
  until(
    async () => JSON.stringify(await known()) === JSON.stringify(wanted),
    20_000,
    () => `${rest.requests.join("\n")}\n${warnings.join("\n")}`,
  );

const ALL = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, "0.01"]));

it("are requested at the start in one request, and again when they are due", async () => {
  start();
  await holds(ALL);
  expect(rest.requests.map(symbolsOf)).toEqual([SYMBOLS]);
  ticks.set("SOLUSDT", "0.00500000");
  await holds({ ...ALL, SOLUSDT: "0.005" });
  expect(rest.requests.length).toBeLessThan(6);
  expect(warnings).toEqual([]);
});

it("one that the venue does not know delays none of the others, and logs no warning", async () => {
  rest.before = (url, response) => {
    if (!symbolsOf(url).includes("ETHUSDT")) return false;
    response.writeHead(400).end(`{"code":-1121,"msg":"Invalid symbol."}`);
    return true;
  };
  start(FEEDS, { ...TIMING, everyMs: 600_000 });
  const { ETHUSDT: _, ...others } = ALL;
  await holds(others);
  await sleep(200);
  // All, both halves, and both of the half that was refused.
  expect(rest.requests.map(symbolsOf)).toEqual([
    SYMBOLS,
    ["BTCUSDT", "ETHUSDT"],
    ["BTCUSDT"],
    ["ETHUSDT"],
    ["SOLUSDT", "XRPUSDT"],
  ]);
  expect(warnings).toEqual([]);
});

it.each([
  ["fails", 500, "{}"],
  ["returns nothing readable", 200, `{"symbols":"none"}`],
])("stay as they were while the venue %s, which is logged once", async (_, status, body) => {
  start();
  await holds(ALL);
  ticks.set("BTCUSDT", "0.10000000");
  let failed = 0;
  rest.before = (_url, response) => {
    failed++;
    response.writeHead(status).end(body);
    return true;
  };
  await until(() => Promise.resolve(failed >= 4), 20_000);
  expect(await known()).toEqual(ALL);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^Instruments of binance cannot be refreshed; /);
  rest.before = () => false;
  await holds({ ...ALL, BTCUSDT: "0.1" });
});

it("are requested less and less often while the venue fails", async () => {
  rest.before = (_url, response) => {
    response.writeHead(500).end("{}");
    return true;
  };
  start(FEEDS, { ...TIMING, maxRetryMs: 600_000 });
  await until(() => rest.requests.length > 0, 20_000);
  await sleep(1_000);
  // After at least 30, 60, 120, 240 and 480 ms.
  expect(rest.requests.length).toBeLessThanOrEqual(6);
  expect(rest.requests.length).toBeGreaterThan(1);
});

it("are not requested while the host wants no requests", async () => {
  let silencedAt = 0;
  rest.before = (_url, response) => {
    if (silencedAt > 0) return false;
    silencedAt = performance.now();
    response.writeHead(429, { "retry-after": "1" }).end("{}");
    return true;
  };
  start();
  await holds(ALL);
  expect(performance.now() - silencedAt).toBeGreaterThan(1_000);
  expect(rest.requests.length).toBeLessThan(5);
});

it("wait for a repair, and leave it the rest of the budget", async () => {
  const { hosts } = start(FEEDS, { ...TIMING, firstMs: 400 });
  const repair = (weight: number, path: string): Promise<string> =>
    hosts.fetch(binance, { path, weight, read: (value) => ({ ok: true, value }) }, "repair", never);
  rest.before = (url, response) => {
    if (url.includes("exchangeInfo")) return false;
    response.end("{}");
    return true;
  };
  // More of the minute than background work may use.
  await repair(4_300, "/first");
  await sleep(700);
  await repair(1_000, "/second");
  expect(rest.requests).toEqual(["/first", "/second"]);
  expect(await known()).toEqual({});
});

it("are requested by one process only, and by another when that is gone", async () => {
  const one = start();
  await holds(ALL);
  const first = rest.requests.length;
  start(FEEDS, { ...TIMING, everyMs: 600_000 });
  await sleep(150);
  await one.stop();
  expect(rest.requests.length).toBeLessThan(first + 4);
  ticks.set("BTCUSDT", "0.10000000");
  await holds({ ...ALL, BTCUSDT: "0.1" });
});

it("an unanswered request does not keep a process from ending", async () => {
  rest.before = () => true;
  const { stop } = start();
  await until(() => Promise.resolve(rest.requests.length > 0), 20_000);
  const begun = performance.now();
  await stop();
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(warnings).toEqual([]);
});
