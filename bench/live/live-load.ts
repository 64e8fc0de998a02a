import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import type { CandlesFrame, TickersFrame } from "../../src/live/live-events.js";
import { tickerFrom } from "../../src/live/ticker.js";
import { answer, clock } from "../harness/child.js";

/** The interface of a measured server of live frames. */
export interface FanOut {
  port: number;
  /** A new state of every market. */
  publish(candles: readonly Candle[]): void;
  /** True when everything published has left the process. */
  isSettled(): boolean;
  /** When each frame left, by `room seq`. */
  readonly flushes: Map<string, number>;
}

export const LIVE_MARKETS = Array.from({ length: 50 }, (_, index) => `bench:M${index}`);
/** 2025-06-01T00:00:00Z. */
export const MINUTE = Date.UTC(2025, 5, 1);
/** Above every version that the recorder assigns while the markets are made. */
export const FIRST_VERSION = 100;

export interface Window {
  cpuSeconds: number;
  seconds: number;
  rounds: number;
  /** Highest resident memory, MB. */
  peak: number;
}

function candleOf(market: string, index: number, round: number): Candle {
  return {
    market,
    interval: "1m",
    openTime: MINUTE,
    closeTime: MINUTE + 59_999,
    open: "64123.45",
    high: `64${200 + index}.5`,
    low: "64001.12",
    close: `64${100 + (round % 100)}.${10 + index}`,
    volume: `${1_000 + round}.12345`,
    quoteVolume: `${64_123_450 + round}.1234567`,
    takerBuyVolume: `${500 + round}.54321`,
    takerBuyQuoteVolume: `${32_061_725 + round}.7654321`,
    trades: 10_000 + round,
    firstTradeId: "4000000000",
    lastTradeId: String(4_000_010_000 + round),
    closed: false,
    version: FIRST_VERSION + round,
    revision: 0,
    complete: true,
  };
}

/** Serves the benchmark's commands for one contestant. */
export function serveLoad(
  begin: () => Promise<FanOut>,
  others: Record<string, (...parts: never[]) => unknown> = {},
): void {
  let server: FanOut;
  let round = 0;
  let newest: Candle[] = [];
  const publish = (): void => {
    round++;
    newest = LIVE_MARKETS.map((market, index) => candleOf(market, index, round));
    server.publish(newest);
  };
  const settle = async (): Promise<void> => {
    while (!server.isSettled()) await new Promise((resolve) => setImmediate(resolve));
  };
  const measured = async (rounds: number, work: () => Promise<void>): Promise<Window> => {
    let peak = 0;
    const sample = (): void => {
      peak = Math.max(peak, process.memoryUsage.rss() / 1e6);
    };
    const timer = setInterval(sample, 250);
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const used = process.cpuUsage(cpu);
    clearInterval(timer);
    sample();
    return {
      cpuSeconds: (used.user + used.system) / 1e6,
      seconds: (performance.now() - began) / 1_000,
      rounds,
      peak,
    };
  };
  answer({
    ...others,
    open: async () => {
      server = await begin();
      return server.port;
    },
    /** A round every so many ms. */
    paced: (rounds: number, everyMs: number) =>
      measured(rounds, async () => {
        const first = performance.now();
        for (let done = 0; done < rounds; done++) {
          const wait = first + done * everyMs - performance.now();
          if (wait > 0) await sleep(wait);
          publish();
        }
        await sleep(everyMs);
        while (!server.isSettled()) await sleep(5);
      }),
    /** Starts each round when the previous one has left the process. */
    flatOut: (rounds: number) =>
      measured(rounds, async () => {
        for (let done = 0; done < rounds; done++) {
          publish();
          await settle();
        }
      }),
    flushes: () => {
      const taken = new Map(server.flushes);
      server.flushes.clear();
      return taken;
    },
    /** Text that the newest frame of each room must contain. */
    expected: () => {
      const texts = new Map<string, string>();
      for (const candle of newest) texts.set(roomOf(candle), JSON.stringify(candle));
      const last = newest.at(-1);
      if (last !== undefined) texts.set("tickers", `"last":${JSON.stringify(last.close)}`);
      return texts;
    },
    /** Resident bytes after garbage collection. */
    resident: async () => {
      for (let time = 0; time < 4; time++) {
        global.gc?.();
        await sleep(100);
      }
      return process.memoryUsage.rss();
    },
  });
}

function roomOf({ market, interval }: Candle): string {
  return `candles|${market}|${interval}`;
}

/** The product's frames of a round, for contestants that only send them. */
export class Frames {
  private seq = 0;

  constructor(readonly flushes: Map<string, number>) {}

  get last(): number {
    return this.seq;
  }

  /** Frames of this round; `of` returns whether a room has clients. */
  round(
    candles: readonly Candle[],
    of: (room: string) => boolean,
  ): { room: string; event: string; data: CandlesFrame | TickersFrame }[] {
    this.seq++;
    const place = { epoch: "bench-epoch-1a2b3c", seq: this.seq };
    const frames: ReturnType<Frames["round"]> = [];
    for (const candle of candles) {
      const { market, interval } = candle;
      const data = { market, interval, ...place, candles: [candle] };
      frames.push({ room: roomOf(candle), event: "candles", data });
    }
    const tickers = candles.flatMap((candle) => tickerFrom([candle], true, candle.closeTime) ?? []);
    frames.push({
      room: "tickers",
      event: "tickers",
      data: { ...place, tickers },
    });
    const wanted = frames.filter(({ room }) => of(room));
    const at = clock();
    for (const { room } of wanted) this.flushes.set(`${room} ${this.seq}`, at);
    return wanted;
  }
}
