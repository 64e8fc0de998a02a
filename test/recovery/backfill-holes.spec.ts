import { readConfig } from "../../src/config/config.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import type { Backfill } from "../../src/persistence/stores/backfills/backfill-store.js";
import { aggregateLines, futuresLines, writeBulkFile } from "../support/bulk-files.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { madeTrades, withVoids } from "../support/exchange/recorded-tapes.js";
import { type RawTrade, SymbolTape } from "../support/exchange/symbol-tape.js";
import { trade } from "../support/tape.js";
import {
  type BackfillBench,
  DAY,
  MARKET as SPOT,
  dayText,
  tradesOf,
  benchOpener,
} from "./backfill-under-test.js";

const FROM = Date.UTC(2024, 5, 21);
const MIDNIGHT = FROM + DAY;
const TO = FROM + 2 * DAY;
const USDM = "binance-usdm:BTCUSDT";
const FIRST = `BTCUSDT-trades-${dayText(FROM)}.zip`;

/**
 * Two days of futures: about one trade in 500 is a print of the insurance fund, two at midnight
 * among them.
 */
const TAPE = new SymbolTape("BTCUSDT", withPrints(madeTrades(2_880, 5, FROM, 12_000)));
const PRINTS = TAPE.trades.filter(({ print }) => print !== undefined);

const openBench = benchOpener();
let bench: BackfillBench;
let exchange: BinanceExchange;

afterEach(() => exchange.close());

function withPrints(trades: RawTrade[]): RawTrade[] {
  const midnight = trades.findIndex(({ time }) => time >= MIDNIGHT);
  return trades.map((each, at) =>
    at % 499 === 250 || at === midnight || at === midnight - 1
      ? { ...each, print: "INSURANCE_FUND" }
      : each,
  );
}

async function trading(
  host: "spot" | "usdm",
  tape: SymbolTape,
  port?: number,
): Promise<BinanceExchange> {
  const clock = new MarketClock(TO + DAY);
  clock.pause();
  const at = port === undefined ? {} : { port };
  return BinanceExchange.start({ tapes: [tape], clock, host, ...at });
}

async function open(host: "spot" | "usdm", tape: SymbolTape): Promise<void> {
  exchange = await trading(host, tape);
  bench = await openBench({
    BINANCE_REST_URL: exchange.restUrl,
    BINANCE_USDM_REST_URL: exchange.restUrl,
  });
}

/** Files as the exchange makes them, of the trades that `isIn` accepts. */
async function publish(
  isIn: (trade: RawTrade) => boolean = () => true,
  days = [FROM, MIDNIGHT],
): Promise<void> {
  for (const day of days) {
    const lines = TAPE.trades
      .filter(({ time }) => time >= day && time < day + DAY)
      .filter((each) => each.print === undefined && isIn(each))
      .map(({ id, price, amount, isBuyerMaker, time }) =>
        trade(USDM, id, time, {
          price,
          amount,
          takerSide: isBuyerMaker ? "sell" : "buy",
        }),
      );
    await writeBulkFile(
      bench.folder,
      {
        symbol: "BTCUSDT",
        period: dayText(day),
        kind: "trades",
        market: "futures/um",
      },
      futuresLines(lines),
    );
  }
}

function load(): Promise<Backfill> {
  return bench.load(FROM, TO, USDM);
}

async function voidIds(market = USDM): Promise<string[]> {
  const rows: { ids: string }[] = await bench.tape.source.query(
    `SELECT x::text AS ids FROM market, unnest(void) x WHERE name = $1`,
    [market],
  );
  return rows.map(({ ids }) => ids);
}

/** Runs of consecutive ids as the database writes them. */
function rangesOf(trades: readonly RawTrade[]): string[] {
  const ranges: [number, number][] = [];
  for (const { id } of trades) {
    const open = ranges.at(-1);
    if (open?.[1] === id) open[1]++;
    else ranges.push([id, id + 1]);
  }
  return ranges.map(([from, to]) => `[${from},${to})`);
}

async function gaps(market = USDM): Promise<string[]> {
  const page = await bench.tape.gaps.page(market, { limit: 1_000 });
  return page.map(({ fromId, toId }) => `[${fromId},${Number(toId) + 1})`);
}

/** Open times of the candles that say that a trade is missing. */
async function incomplete(market = USDM): Promise<number[]> {
  const candles = await bench.tape.candles.page({
    market,
    interval: "1m",
    start: FROM,
    limit: 5_000,
  });
  return candles.filter(({ complete }) => complete === false).map(({ openTime }) => openTime);
}

describe("ids that files of futures leave out", () => {
  it("are void where the exchange's candles are those of the file: prints outside the book, also between two files", async () => {
    await open("usdm", TAPE);
    await publish();
    const job = await load();
    expect(job).toMatchObject({ state: "done", problem: null });
    expect(job.notes).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${FIRST} leaves out \\d+ ids? in \\d+ holes?, the first before ${FIRST}:252: by its candles, binance-usdm has no trade there$`,
        ),
      ),
      expect.stringMatching(/by its candles, binance-usdm has no trade there$/),
    ]);
    expect(job.stored).toBe(TAPE.trades.length - PRINTS.length);
    expect(await voidIds()).toEqual(rangesOf(PRINTS));
    expect(await gaps()).toEqual([]);
    expect(await incomplete()).toEqual([]);
  }, 120_000);

  it("stay a gap where its candles have trades that the file lacks: in its middle, and at its end", async () => {
    await open("usdm", TAPE);
    const some = TAPE.trades.slice(20_000, 20_040);
    const lost = (each: RawTrade): boolean =>
      some.includes(each) || (each.time >= MIDNIGHT - 3_600_000 && each.time < MIDNIGHT);
    await publish((each) => !lost(each));
    const job = await load();
    expect(job.state).toBe("done");
    expect(job.notes).toEqual([
      expect.stringContaining(
        "1 of them may have trades by the candles of binance-usdm, and are listed as gaps",
      ),
      expect.stringContaining("1 of them may have trades by the candles"),
    ]);
    const midnight = TAPE.trades.findIndex(({ time }) => time >= MIDNIGHT);
    const end = TAPE.trades.findIndex(({ time }) => time >= MIDNIGHT - 3_600_000);
    // The prints at midnight cannot be distinguished from the lost trades beside them.
    const missing = [some, TAPE.trades.slice(end, midnight + 1)];
    const listed = await gaps();
    expect(listed).toEqual(missing.flatMap(rangesOf));
    expect(await voidIds()).toEqual(
      rangesOf(PRINTS.filter(({ id }) => !missing.flat().some((it) => it.id === id))),
    );
    expect(await incomplete()).not.toEqual([]);
  }, 120_000);

  it("stay a gap where a day has no file, and after the end of one", async () => {
    await open("usdm", TAPE);
    await publish(undefined, [FROM]);
    const job = await load();
    expect(job).toMatchObject({ state: "incomplete", missing: [dayText(MIDNIGHT)] });
    expect(job.notes).toEqual(
      expect.arrayContaining([
        `there is no file BTCUSDT-trades-${dayText(MIDNIGHT)}.zip`,
        `${dayText(MIDNIGHT)} is not loaded: the REST of binance-usdm serves the newest 1000 trades without a key`,
      ]),
    );
    await publish(undefined, [MIDNIGHT]);
    // The feed's trade of the day after.
    const { recorder } = bench.tape.recorder();
    const newest = TAPE.trades.at(-1) as RawTrade;
    await recorder.record([trade(USDM, newest.id + 5, TO + 1_000)], new AbortController().signal);
    expect(await gaps()).toHaveLength(1);
    await bench.load(MIDNIGHT, TO, USDM);
    // A file proves nothing after its last line; its beginning is the end of the file before.
    expect((await gaps()).at(-1)).toBe(`[${newest.id + 1},${newest.id + 5})`);
  }, 120_000);

  it("are gaps while the exchange cannot be reached, and void once the job is repeated", async () => {
    await open("usdm", TAPE);
    await publish();
    await exchange.close();
    const job = await load();
    expect(job.notes[0]).toMatch(
      /they are listed as gaps, since the candles of binance-usdm cannot be fetched/,
    );
    expect(await gaps()).toEqual(rangesOf(PRINTS));
    const port = Number(new URL(exchange.restUrl).port);
    exchange = await trading("usdm", TAPE, port);
    expect(await load()).toMatchObject({ state: "done", stored: 0 });
    expect(await voidIds()).toEqual(rangesOf(PRINTS));
    expect(await gaps()).toEqual([]);
  }, 120_000);

  it("are void also on days whose trades are not kept", async () => {
    await open("usdm", TAPE);
    await publish();
    const { source, partitions } = bench.tape;
    const retention = new Retention(readConfig({}), source, partitions);
    await retention.advance(TO);
    const job = await load();
    expect(job.state).toBe("done");
    expect(await voidIds()).toEqual(rangesOf(PRINTS));
    expect(await gaps()).toEqual([]);
  }, 120_000);
});

it("ids that the spot exchange skipped are void, and trades that only its file lacks are a gap", async () => {
  const made = withVoids(madeTrades(2_880, 6, FROM, 12_000), 9, 2);
  const tape = new SymbolTape("BTCUSDT", made);
  await open("spot", tape);
  const lost = tape.aggregates[5_000]!;
  const lines = tradesOf(tape).filter(({ ord }) => ord !== String(lost.first));
  for (const day of [FROM, MIDNIGHT])
    await bench.file(
      dayText(day),
      aggregateLines(lines.filter(({ time }) => time >= day && time < day + DAY)),
    );
  const job = await bench.load(FROM, TO);
  expect(job.state).toBe("done");
  expect(await gaps(SPOT)).toEqual([`[${lost.first},${lost.last + 1})`]);
  expect(await voidIds(SPOT)).toEqual(tape.voids().map(([from, to]) => `[${from},${to})`));
}, 120_000);
