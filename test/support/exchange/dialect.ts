/** A trade of an exchange on loopback. */
export interface Print {
  symbol: string;
  id: number;
  price: string;
  amount: string;
  takerSide: "buy" | "sell";
  /** Epoch ms. */
  time: number;
  /** Behind `time`, below 900,000; where an exchange tells them. */
  nanoseconds?: number;
}

/** Those of a symbol so far, oldest first. */
export type Trades = (symbol: string) => readonly Print[];

interface Heard {
  replies: string[];
  follow?: readonly string[];
  unfollow?: readonly string[];
}

/** How one exchange speaks: its messages and its REST, by its documents. */
export interface Dialect {
  /** Symbols that it knows. */
  symbols: readonly string[];
  /** What it does about a message of a client's. */
  hear: (text: string, trades: Trades) => Heard;
  trade: (print: Print) => string;
  /** Sent each second to those who follow a symbol. */
  heartbeat?: (
    symbol: string,
    newest: Print | undefined,
    now: number,
  ) => string;
  /** Body of an answer, or undefined for a path that it does not serve. */
  rest: (url: URL, trades: Trades) => unknown;
}
