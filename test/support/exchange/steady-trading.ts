const TRADE_EVERY_MS = 10;

/**
 * Base of loopback exchanges that make their own trades: they trade by themselves, and record what
 * was sent.
 */
export abstract class SteadyTrading {
  private readonly sent = new Map<string, string[]>();
  private trading: NodeJS.Timeout | undefined;

  /** One more trade of the symbol. */
  abstract trade(symbol: string): void;

  /** A trade of each symbol every 10 ms, until `pauseTrading`. */
  tradeAll(...symbols: string[]): void {
    clearInterval(this.trading);
    this.trading = setInterval(() => {
      for (const symbol of symbols) this.trade(symbol);
    }, TRADE_EVERY_MS);
  }

  pauseTrading(): void {
    clearInterval(this.trading);
  }

  /** Ids of the trades that were sent to a client. */
  sentOf(symbol: string): string[] {
    const sent = this.sent.get(symbol) ?? [];
    this.sent.set(symbol, sent);
    return sent;
  }
}
