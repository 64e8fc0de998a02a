import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import type { Interval } from "../../src/domain/interval.js";
import { Process, until } from "../../test/support/app.js";
import { fold, foldedPart } from "../../test/support/fold.js";
import { freePort } from "../../test/support/postgres.js";
import { quantile } from "../harness/benchmark.js";
import { Child, clock } from "../harness/child.js";
import { EXCHANGE_MARKETS, tradeOf } from "./exchange-frames.js";
import { LatencyClients } from "./latency-clients.js";

const MARKETS = EXCHANGE_MARKETS.map((symbol) => `binance:${symbol}`);
const CHECKED: Interval[] = ["1m", "1h"];
const DRAIN_LIMIT_MS = 60_000;

export interface Spread {
  p50: number;
  p99: number;
  /** From the exchange's last frame to the client's last trade, ms. */
  drained: number;
}

/** Exchange → the built product → Socket.IO clients, in separate processes. */
export class LatencySession {
  private constructor(
    private readonly exchange: Child,
    readonly product: Process,
    private readonly clients: LatencyClients,
    private readonly cleanUp: () => void,
  ) {}

  static async start(
    settings: Record<string, string>,
    args: readonly string[] = [],
  ): Promise<LatencySession> {
    const folder = mkdtempSync(join(tmpdir(), "tapeline-latency-"));
    // As root, PostgreSQL runs as another user, who needs access.
    chmodSync(folder, 0o755);
    const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
    const exchange = await Child.start("bench/live/exchange-run.ts");
    let product: Process | undefined;
    try {
      const port = await exchange.call<number>("open", MARKETS.length);
      product = await Process.start(["serve", ...args], {
        FEEDS: MARKETS.join(","),
        BINANCE_WS_URL: `ws://127.0.0.1:${port}`,
        BINANCE_REST_URL: `http://127.0.0.1:${port}`,
        DATA_DIR: join(folder, "data"),
        EMBEDDED_PORT: String(await freePort()),
        LOG_LEVEL: "warn",
        ...settings,
      });
      await until(
        async () => (await exchange.call<number>("connections")) > 0,
        60_000,
        () => `no connection to the exchange:\n${product?.output}`,
      );
      // The feeds connect before the API listens.
      await product.ready();
      await exchange.call("spread", 5, 500);
      const { url } = product;
      const last = MARKETS.at(-1);
      await until(
        async () => (await fetch(`${url}/api/v1/markets/${last}/ticker`)).status === 200,
        60_000,
      );
      const clients = await LatencyClients.connect(url, MARKETS);
      return new LatencySession(exchange, product, clients, cleanUp);
    } catch (error) {
      await product?.kill();
      await exchange.stop();
      cleanUp();
      throw error;
    }
  }

  /** Sends trades of every market over `ms`, and waits until the last has reached its client. */
  async measure(perMarket: number, ms: number): Promise<Spread> {
    const from = await this.exchange.call<number>("sent");
    await this.exchange.call("spread", perMarket, ms);
    const to = from + perMarket;
    const limit = clock() + DRAIN_LIMIT_MS;
    while (this.clients.seen.some((seen) => seen.length < to)) {
      if (clock() > limit) throw new Error(`trades never arrived:\n${this.product.output}`);
      await sleep(10);
    }
    const handed = await this.exchange.call<number[][]>("handed");
    const all: number[] = [];
    let drained = 0;
    for (const [market, seen] of this.clients.seen.entries()) {
      const own = handed[market] as number[];
      for (let at = from; at < to; at++) all.push((seen[at] as number) - (own[at] as number));
      drained = Math.max(drained, (seen[to - 1] as number) - (own[to - 1] as number));
    }
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), drained };
  }

  /** Throws unless the candles over REST match the sent trades. */
  async check(): Promise<void> {
    const times = await this.exchange.call<number[][]>("times");
    for (const [index, market] of MARKETS.entries()) {
      const trades = (times[index] as number[]).map((time, at) => tradeOf(index, at + 1, time));
      for (const interval of CHECKED) {
        const stored = await this.product.get<Candle[]>(
          `/api/v1/markets/${market}/candles?interval=${interval}`,
        );
        const [own, right] = [
          JSON.stringify(stored.map(foldedPart)),
          JSON.stringify(fold(trades, interval)),
        ];
        if (own !== right) throw new Error(`${market} ${interval}: ${own} is not ${right}`);
      }
    }
  }

  /** Trades stored of markets that the exchange does not have. */
  async replayed(): Promise<number> {
    const all = await this.product.get<{ market: string; trades: number }[]>("/api/v1/markets");
    return all
      .filter(({ market }) => !MARKETS.includes(market))
      .reduce((sum, { trades }) => sum + Number(trades), 0);
  }

  async stop(): Promise<void> {
    this.clients.close();
    await this.product.stop().catch(() => this.product.kill());
    await this.exchange.stop();
    this.cleanUp();
  }
}
