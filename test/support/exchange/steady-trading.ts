const TRADE_EVERY_MS = 10;

/** What loopback exchanges that make their own trades have in common: they go on by themselves, and know what somebody was sent. */
export abstract class SteadyTrading {
  private readonly sent = new Map<string, string[]>();
  private trading: NodeJS.Timeout | undefined;

  /** One more trade of the symbol. */
  abstract trade(symbol: string): void;

  /** A trade of each symbol every 10 ms, until told otherwise. */
  tradeAll(...symbols: string[]): void {
    clearInterval(this.trading);
    this.trading = setInterval(() => {
      for (const symbol of symbols) this.trade(symbol);
    }, TRADE_EVERY_MS);
  }

  pauseTrading(): void {
    clearInterval(this.trading);
  }

  /** Ids of the trades that somebody was sent. */
  sentOf(symbol: string): string[] {
    const sent = this.sent.get(symbol) ?? [];
    this.sent.set(symbol, sent);
    return sent;
  }
}
