import { until } from "../support/app.js";
import { VenueServer } from "../support/venue-server.js";

const SYMBOL = "BTCUSDT";
const STREAM = "btcusdt@aggTrade";

/** An exchange on loopback whose trades the test sends one by one, with ids, prices and times. */
export class Exchange {
  readonly market = `binance:${SYMBOL}`;

  private constructor(private readonly server: VenueServer) {}

  static async start(): Promise<Exchange> {
    return new Exchange(await VenueServer.start());
  }

  get settings(): Record<string, string> {
    return {
      FEEDS: this.market,
      BINANCE_WS_URL: this.server.wsUrl,
      BINANCE_REST_URL: this.server.restUrl,
    };
  }

  now(): number {
    return this.server.now();
  }

  followed(): Promise<void> {
    return until(() => this.server.connections > 0, 30_000);
  }

  unfollowed(): Promise<void> {
    return until(() => this.server.connections === 0, 30_000);
  }

  /** Sends one raw trade; fails without a subscriber. */
  print(id: number, time: number, price: string, amount = "1"): void {
    if (!this.trade(id, time, price, amount)) throw new Error(`no subscriber for trade ${id}`);
  }

  /** Makes one raw trade that must have no subscriber. */
  printMissed(id: number, time: number, price: string): void {
    if (this.trade(id, time, price, "1")) throw new Error(`unexpected subscriber for trade ${id}`);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private trade(id: number, time: number, price: string, amount: string): boolean {
    const data = {
      e: "aggTrade",
      E: time,
      s: SYMBOL,
      a: id,
      p: price,
      q: amount,
      f: id,
      l: id,
      T: time,
      m: id % 2 === 0,
    };
    return this.server.send(JSON.stringify({ stream: STREAM, data }), STREAM);
  }
}
