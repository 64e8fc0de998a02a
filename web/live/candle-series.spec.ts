import fc from "fast-check";
import type { Candle } from "../../src/domain/candle.js";
import type { Page } from "./api.js";
import { CandleSeries, type CandleSource } from "./candle-series.js";
import type { Listener } from "./room.js";

const MINUTE = 60_000;

/**
 * A server by the rules of the API and the live feed, whose answers arrive late and in any order.
 */
class Server implements CandleSource {
  store = new Map<number, Candle>();
  epoch = "a";
  reads: Page[] = [];
  failures = 0;
  private listener: Listener<Candle> | undefined;
  private connected = false;
  private readonly late: (() => void)[] = [];

  follow = (listener: Listener<Candle>): (() => void) => {
    this.listener = listener;
    this.connect();
    return () => (this.listener = undefined);
  };

  page = (page: Page, signal: AbortSignal): Promise<Candle[]> => {
    this.reads.push(page);
    const rows = this.rows()
      .filter(({ openTime }) => openTime < (page.end ?? Infinity))
      .slice(-(page.limit ?? 500));
    const fails = this.failures > 0 && this.failures-- > 0;
    return new Promise((resolve, reject) =>
      this.late.push(() => {
        if (signal.aborted) reject(signal.reason as Error);
        else if (fails) reject(new Error("the database does not answer"));
        else resolve(rows);
      }),
    );
  };

  rows(): Candle[] {
    return [...this.store.values()].sort((a, b) => a.openTime - b.openTime);
  }

  /** A trade that changes or makes the candle of this minute. */
  trade(minute: number): void {
    const openTime = minute * MINUTE;
    const version = (this.store.get(openTime)?.version ?? 0) + 1;
    const candle = {
      ...EMPTY,
      openTime,
      version,
      close: `${this.epoch}${version}`,
    };
    this.store.set(openTime, candle);
    if (this.connected) this.listener?.frame([candle]);
  }

  connect(): void {
    if (this.connected || this.listener === undefined) return;
    this.connected = true;
    const since = this.listener.since?.();
    const all = this.rows().filter(({ openTime }) => openTime >= (since ?? 0));
    const limit = since === undefined ? 500 : 1_000;
    const { epoch, listener } = this;
    this.late.push(() => {
      if (!this.connected) return;
      listener.snapshot(all.slice(-limit), {
        epoch,
        truncated: since !== undefined && all.length > limit,
      });
    });
  }

  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    this.late.length = 0;
    this.listener?.stale?.();
  }

  /** Delivers the answer to the oldest request, or to another one. */
  async answer(which = 0): Promise<void> {
    const [next] = this.late.splice(which % Math.max(1, this.late.length), 1);
    next?.();
    await turn();
  }

  async settle(): Promise<void> {
    this.connect();
    while (this.late.length > 0) await this.answer();
  }
}

const EMPTY = {
  market: "sim:A",
  interval: "1m",
  closeTime: 0,
  open: "1",
  high: "1",
  low: "1",
  volume: "1",
  quoteVolume: "1",
  takerBuyVolume: "0",
  takerBuyQuoteVolume: "0",
  trades: 1,
  firstTradeId: null,
  lastTradeId: null,
  closed: false,
  revision: 0,
  complete: null,
} as const;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function filled(minutes: number): Server {
  const server = new Server();
  for (let minute = 1; minute <= minutes; minute++) server.trade(minute);
  return server;
}

/**
 * The series equals the server's candles from its oldest one on, and all of them when it is
 * complete.
 */
function expectEqual(series: CandleSeries, server: Server): void {
  const { complete } = series.state.peek();
  const first = complete ? 0 : (series.list.first?.openTime ?? 0);
  const texts = (rows: readonly Candle[]) =>
    rows.map(({ openTime, version, close }) => `${openTime} ${version} ${close}`);
  const wanted = server.rows().filter(({ openTime }) => openTime >= first);
  expect(texts(series.list.rows).join()).toBe(texts(wanted).join());
}

describe("a series of candles", () => {
  it("pages back to the first candle by `end`, and no further", async () => {
    const server = filled(3_200);
    const series = new CandleSeries(server);
    await server.settle();
    expect(series.list.rows).toHaveLength(500);
    for (let page = 0; page < 4; page++) {
      const wanted = series.older();
      if (page < 3) expect(series.older()).toBe(wanted);
      await server.settle();
    }
    expect(server.reads.map(({ end }) => end)).toEqual(
      [2_701, 1_701, 701].map((minute) => minute * MINUTE),
    );
    expect(series.state.peek().complete).toBe(true);
    expectEqual(series, server);
    series.close();
  });

  it("reads back as far as a link's range, and reports why when it cannot", async () => {
    const server = filled(2_600);
    const series = new CandleSeries(server);
    await server.settle();
    let reached = series.reach(900 * MINUTE);
    for (let page = 0; page < 3; page++) await server.settle();
    expect(await reached).toBe(true);
    expect(server.reads).toHaveLength(2);
    server.failures = 1;
    reached = series.reach(0);
    await server.settle();
    await server.settle();
    expect(await reached).toBe(false);
    expect(series.state.peek().error).toBe("the database does not answer");
    series.close();
  });

  it("reads the candles before a truncated snapshot before it is fresh again", async () => {
    const server = filled(2_400);
    const series = new CandleSeries(server);
    await server.settle();
    for (let page = 0; page < 2; page++) {
      void series.older();
      await server.settle();
    }
    server.disconnect();
    expect(series.state.peek().fresh).toBe(false);
    server.trade(40);
    server.trade(1_700);
    server.trade(2_401);
    server.connect();
    await server.answer();
    expect(series.state.peek().fresh).toBe(false);
    await server.settle();
    expect(series.state.peek().fresh).toBe(true);
    expectEqual(series, server);
    series.close();
  });

  it("ignores a late candle that would leave a gap after it", async () => {
    const server = filled(2_000);
    const series = new CandleSeries(server);
    await server.settle();
    server.trade(7);
    expect(series.list.rows).toHaveLength(500);
    server.disconnect();
    server.connect();
    server.trade(8);
    await server.settle();
    expect(series.list.rows).toHaveLength(500);
    void series.reach(0);
    for (let page = 0; page < 3; page++) await server.settle();
    expectEqual(series, server);
    series.close();
  });

  it("finds older candles in another store, though the one before had none", async () => {
    const server = filled(0);
    const series = new CandleSeries(server);
    server.trade(2);
    await server.settle();
    void series.older();
    await server.settle();
    expect(series.state.peek().complete).toBe(true);
    server.disconnect();
    server.epoch += "b";
    server.store = filled(2).store;
    await server.settle();
    expectEqual(series, server);
    series.close();
  });

  it("ignores older candles that were requested while the server was down", async () => {
    const server = filled(501);
    const series = new CandleSeries(server);
    await server.settle();
    server.disconnect();
    void series.older();
    server.epoch += "b";
    server.store = new Map();
    server.connect();
    // The new server's answers arrive before the old one's.
    await server.answer(1);
    await server.answer(1);
    await server.settle();
    expectEqual(series, server);
    series.close();
  });

  it("ends equal to the server's candles, whatever happens in between", async () => {
    const event = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ trade: fc.integer({ min: 1, max: 2_600 }) }),
      },
      { weight: 3, arbitrary: fc.record({ answer: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.constant({ older: true }) },
      { weight: 1, arbitrary: fc.constant({ disconnect: true }) },
      { weight: 2, arbitrary: fc.constant({ connect: true }) },
      { weight: 1, arbitrary: fc.record({ otherStore: fc.nat(1_500) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2_500),
        fc.array(event, { maxLength: 40 }),
        async (minutes, events) => {
          const server = filled(minutes);
          const series = new CandleSeries(server);
          for (const each of events) {
            if ("trade" in each) server.trade(each.trade);
            else if ("answer" in each) await server.answer(each.answer);
            else if ("older" in each) void series.older();
            else if ("disconnect" in each) server.disconnect();
            else if ("connect" in each) server.connect();
            else {
              server.disconnect();
              server.epoch += "b";
              server.store = filled(each.otherStore).store;
            }
          }
          await server.settle();
          expect(series.state.peek().fresh).toBe(true);
          expectEqual(series, server);
          series.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
