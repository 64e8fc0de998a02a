import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ReceivedRequest, BinanceAnswers } from "./binance-answers.js";
import { type Host, aggregateFields, decimal } from "./binance-rest.js";
import { BinanceStreams, STREAM_LIMITS, type StreamLimits } from "./binance-streams.js";
import { type Fault, FaultDesk, type Struck } from "./faults.js";
import type { EmptyKlines } from "./made-klines.js";
import { MarketClock } from "./market-clock.js";
import { RequestWeight, SPOT_LIMITS, type WeightLimits } from "./request-weight.js";
import type { Aggregate, RawTrade, SymbolTape } from "./symbol-tape.js";

const TICK_MS = 5;

export interface ExchangeOptions {
  tapes: readonly SymbolTape[];
  /** By default it starts at the first trade and runs at this computer's speed. */
  clock?: MarketClock;
  host?: Host;
  port?: number;
  weight?: Partial<WeightLimits>;
  streams?: Partial<StreamLimits>;
  emptyKlines?: EmptyKlines;
}

interface Market {
  tape: SymbolTape;
  aggregates: number;
  trades: number;
}

/**
 * Binance on loopback: serves tapes over its combined streams and its REST, with its formats,
 * limits and errors, by a clock that the test drives, and with injected faults. Base URLs are
 * `wsUrl` and `restUrl`.
 */
export class BinanceExchange {
  readonly clock: MarketClock;
  readonly weight: RequestWeight;
  readonly faults = new FaultDesk();
  readonly streams: BinanceStreams;
  private readonly host: Host;
  private readonly markets = new Map<string, Market>();
  private readonly tapes: Map<string, SymbolTape>;
  private readonly answers: BinanceAnswers;
  private readonly ticking: NodeJS.Timeout;
  private futures = 0;
  private readonly timers = new Set<NodeJS.Timeout>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    { tapes, clock, host = "spot", weight, streams, emptyKlines = "absent" }: ExchangeOptions,
  ) {
    this.host = host;
    this.clock = clock ?? new MarketClock(Math.min(...tapes.map(({ start }) => start)));
    this.weight = new RequestWeight({ ...SPOT_LIMITS, ...weight });
    this.tapes = new Map(tapes.map((tape) => [tape.symbol, tape]));
    // Trades from before the start are history: REST serves them, no stream sends them.
    const now = this.clock.now();
    for (const tape of tapes)
      this.markets.set(tape.symbol, {
        tape,
        aggregates: tape.aggregatesBy(now),
        trades: tape.tradesBy(now),
      });
    this.streams = new BinanceStreams(
      server,
      { ...STREAM_LIMITS, ...streams },
      (stream) => this.faults.cure((stream.split("@")[0] as string).toUpperCase()),
      () => this.faults.isOutage,
    );
    this.answers = new BinanceAnswers(
      server,
      this.tapes,
      this.clock,
      this.weight,
      this.faults,
      host,
      emptyKlines,
    );
    this.ticking = setInterval(() => this.sendTraded(), TICK_MS);
  }

  static async start(options: ExchangeOptions): Promise<BinanceExchange> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return new BinanceExchange(server, port, options);
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get restUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Whether everything on every tape has been traded. */
  get isOver(): boolean {
    const now = this.clock.now();
    return [...this.tapes.values()].every(({ end }) => end <= now);
  }

  inject(fault: Fault): Struck {
    const now = this.clock.now();
    const announced = performance.now();
    switch (fault.kind) {
      case "reset":
        return this.faults.take(fault, now, this.streams.reset());
      case "freeze":
        return this.faults.take(fault, now, this.streams.freeze());
      case "expire":
        return this.faults.take(fault, now, this.streams.expire());
      case "shutdown":
        this.streams.announceShutdown(now);
        this.later(fault.afterMs, () => this.streams.expire(announced));
        return this.faults.take(fault, now, this.streams.connections);
      case "outage":
        return this.faults.take(fault, now, this.streams.reset());
      case "drop":
      case "duplicate":
      case "malformed":
      case "late":
      case "future":
      case "silence":
      case "rest-down":
      case "rest-garbled":
      case "rest-slow":
      case "rest-status":
      case "rest-behind":
        return this.faults.take(fault, now);
    }
  }

  /** Ends all faults. */
  heal(): void {
    this.faults.clear();
  }

  /** Requests to its REST so far. */
  get requests(): readonly ReceivedRequest[] {
    return this.answers.requests;
  }

  /** Its own candles of a symbol that open in `from … to`, without faults. */
  klines(symbol: string, interval: string, from: number, to = this.clock.now()): unknown[][] {
    return this.answers.klines(symbol, interval, from, to);
  }

  async close(): Promise<void> {
    clearInterval(this.ticking);
    for (const timer of this.timers) clearTimeout(timer);
    this.streams.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }

  /** Sends what has been traded since. */
  private sendTraded(): void {
    const now = this.clock.now();
    for (const [symbol, market] of this.markets) {
      const { tape } = market;
      const [aggregates, trades] = [tape.aggregatesBy(now), tape.tradesBy(now)];
      for (; market.aggregates < aggregates; market.aggregates++) {
        const aggregate = tape.aggregates[market.aggregates] as Aggregate;
        this.deliver(symbol, "aggTrade", () => {
          const head = {
            e: "aggTrade",
            E: Math.max(now, aggregate.time),
            s: symbol,
          };
          return { ...head, ...aggregateFields(aggregate, this.host) };
        });
      }
      for (; market.trades < trades; market.trades++) {
        const trade = tape.trades[market.trades] as RawTrade;
        this.deliver(symbol, "trade", () => this.rawEvent(symbol, trade, now));
      }
    }
  }

  private rawEvent(
    s: string,
    { id: t, price, amount, time: T, isBuyerMaker: m, print }: RawTrade,
    now: number,
  ): object {
    const [p, q] = [decimal(price, this.host), decimal(amount, this.host)];
    const E = Math.max(now, T);
    return this.host === "spot"
      ? { e: "trade", E, s, t, p, q, T, m, M: true }
      : { e: "trade", E, T, s, t, p, q, X: print ?? "MARKET", m };
  }

  /** Sends to all subscribers, unless a fault prevents it. */
  private deliver(symbol: string, kind: string, event: () => object): void {
    const stream = `${symbol.toLowerCase()}@${kind}`;
    if (this.streams.followers(stream) === 0) return;
    const fate = this.faults.faultOf(symbol);
    if (fate === "silence") return;
    const send = (): boolean => this.streams.send(stream, JSON.stringify(event()));
    switch (fate?.kind) {
      case undefined:
        send();
        return;
      case "drop":
        return;
      case "malformed":
        this.streams.send(stream, JSON.stringify(event()).replace(/"p":"[^"]*"/, '"p":"1e5"'));
        return;
      case "duplicate":
        send();
        this.later(50, send);
        send();
        return;
      case "future": {
        const { E, T, ...rest } = event() as { E: number; T: number };
        this.futures++;
        const dates = this.futures % 2 === 0 ? { E: E + fate.byMs, T } : { E, T: T + fate.byMs };
        this.streams.send(stream, JSON.stringify({ ...rest, ...dates }));
        return;
      }
      case "late": {
        // Made now: its event time is that of its sending.
        const made = JSON.stringify(event());
        this.later(fate.byMs, () => this.streams.send(stream, made));
      }
    }
  }
}
