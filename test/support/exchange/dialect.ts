/** A trade of an exchange on loopback. */
export interface Print {
  symbol: string;
  id: number;
  price: string;
  amount: string;
  takerSide: "buy" | "sell";
  /** Epoch ms. */
  time: number;
  /** After `time`, below 900,000; where an exchange reports them. */
  nanoseconds?: number;
}

/** Those of a symbol so far, oldest first. */
export type Trades = (symbol: string) => readonly Print[];

interface Handled {
  replies: string[];
  follow?: readonly string[];
  unfollow?: readonly string[];
}

/** The messages and the REST of one exchange, by its documents. */
export interface Dialect {
  /** Symbols that it knows. */
  symbols: readonly string[];
  /** Handles a client's message. */
  hear: (text: string, trades: Trades) => Handled;
  trade: (print: Print) => string;
  /** Sent each second to the subscribers of a symbol. */
  heartbeat?: (symbol: string, newest: Print | undefined, now: number) => string;
  /** Body of an answer, or undefined for a path that it does not serve. */
  rest: (url: URL, trades: Trades) => unknown;
}
