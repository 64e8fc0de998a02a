import type { Candle } from "../../../src/domain/candle.js";
import type { Interval } from "../../../src/domain/interval.js";
import { pause } from "../../../src/waiting/pause.js";
import type { BinanceExchange } from "../exchange/binance-exchange.js";
import type { SymbolTape } from "../exchange/symbol-tape.js";
import { nineOf, nineOfRow } from "../klines.js";
import { rest } from "./rest-candles.js";
import { marketOf } from "./soak-checks.js";

const EVERY_MS = 1_000;
const WATCHED: readonly Interval[] = ["1m", "5m", "1h"];
const NEWEST = 20;
/** As long as reconciliation takes, at least: a difference that lasts is one that nobody mends. */
const MAX_MS = 60_000;

/** A closed candle that said `complete: true` with other values than the exchange's. */
interface Wrong {
  symbol: string;
  interval: Interval;
  openTime: number;
  /** When it was first seen, monotonic ms. */
  since: number;
  evidence: string;
}

/**
 * Reads the newest candles each second, as a user would, and keeps the evidence of every closed one
 * that says it is complete and is not the exchange's own at that time.
 */
export class Observer {
  reads = 0;
  /** Reads that were not answered: something was just killed, or not built. */
  unanswered = 0;
  /** Candles that were ever wrong, and for how long at most, ms. */
  seen = 0;
  longestMs = 0;
  private readonly wrong = new Map<string, Wrong>();
  private readonly lasting: string[] = [];
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly exchange: BinanceExchange,
    private readonly tapes: readonly SymbolTape[],
  ) {
    this.running = this.run();
  }

  /** Idempotent. One line for each candle that was wrong for too long. */
  async end(): Promise<string[]> {
    this.closing.abort();
    await this.running;
    for (const wrong of this.wrong.values()) this.note(wrong);
    this.wrong.clear();
    return this.lasting;
  }

  private async run(): Promise<void> {
    while (await pause(EVERY_MS, this.closing.signal))
      for (const tape of this.tapes)
        for (const interval of WATCHED) await this.read(tape, interval);
  }

  private async read(tape: SymbolTape, interval: Interval): Promise<void> {
    const market = encodeURIComponent(marketOf(tape));
    const path = `/api/v1/markets/${market}/candles?interval=${interval}&limit=`;
    try {
      const newest = await rest<Candle[]>(this.url, `${path}${NEWEST}`);
      const open = [...this.wrong.values()].filter(
        (each) => each.symbol === tape.symbol && each.interval === interval,
      );
      const older: Candle[] = [];
      for (const { openTime } of open)
        if (!newest.some((candle) => candle.openTime === openTime))
          older.push(...(await rest<Candle[]>(this.url, `${path}1&start=${openTime}`)));
      this.reads++;
      for (const candle of [...older, ...newest]) this.compare(tape.symbol, candle);
    } catch {
      this.unanswered++;
    }
  }

  private compare(symbol: string, candle: Candle): void {
    const { interval, openTime } = candle;
    const key = `${symbol} ${interval} ${openTime}`;
    const row = this.exchange
      .klines(symbol, interval, openTime)
      .map((each) => nineOfRow(each.map(String)))
      .find((each) => each.openTime === String(openTime));
    const [ours, theirs] = [JSON.stringify(nineOf(candle)), JSON.stringify(row)];
    const isWrong = candle.closed && candle.complete === true && ours !== theirs;
    const known = this.wrong.get(key);
    if (isWrong && known === undefined) {
      this.seen++;
      const evidence = `${ours} version ${candle.version}; at the exchange ${theirs}`;
      this.wrong.set(key, { symbol, interval, openTime, since: performance.now(), evidence });
    } else if (!isWrong && known !== undefined) {
      this.note(known);
      this.wrong.delete(key);
    }
  }

  private note({ symbol, interval, openTime, since, evidence }: Wrong): void {
    const ms = performance.now() - since;
    this.longestMs = Math.max(this.longestMs, ms);
    if (ms > MAX_MS)
      this.lasting.push(
        `${symbol} ${interval} of ${openTime} was closed, complete and wrong for ${(ms / 1_000).toFixed(1)} s: ${evidence}`,
      );
  }
}
