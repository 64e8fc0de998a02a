import { jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { coinbase } from "../../src/venues/coinbase/coinbase.js";
import { kraken } from "../../src/venues/kraken/kraken.js";
import type { Venue } from "../../src/venues/venue.js";
import { until } from "../support/app.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import type { Dialect } from "../support/exchange/dialect.js";
import { krakenDialect } from "../support/exchange/kraken-dialect.js";
import { MessageExchange } from "../support/exchange/message-exchange.js";
import { type FeedUnderTest, figure, startFeed } from "./feed-under-test.js";

const LIMIT = 30_000;

let exchange: MessageExchange;
let under: FeedUnderTest;

beforeEach(() => {
  Logger.overrideLogger(false);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await under.stop();
  await exchange.close();
});

type Case = [
  name: string,
  venue: Venue,
  dialect: (symbols: readonly string[]) => Dialect,
  btc: string,
  eth: string,
];

const CASES: Case[] = [
  ["coinbase", coinbase, coinbaseDialect, "BTC-USD", "ETH-USD"],
  ["kraken", kraken, krakenDialect, "BTC/USD", "ETH/USD"],
];

describe.each(CASES)("a feed of %s", (name, venue, dialect, btc, eth) => {
  const market = (symbol: string): string => `${name}:${symbol}`;
  const ids = (symbol: string): string[] => under.tape.ids(market(symbol));

  async function follow(change: Partial<Venue> = {}, symbols = [btc, eth]): Promise<void> {
    exchange = await MessageExchange.start(dialect([btc, eth]));
    under = await startFeed(exchange, symbols, {
      venue: { ...venue, ...change },
    });
    await until(() => exchange.followers(btc) === 1 && exchange.followers(eth) === 1, LIMIT);
  }

  async function flow(symbol: string, trades = 30): Promise<void> {
    const before = exchange.sentOf(symbol).length;
    exchange.tradeAll(btc, eth);
    await until(() => exchange.sentOf(symbol).length > before + trades, LIMIT);
    exchange.pauseTrading();
  }

  /**
   * Each id that was sent has come; snapshots and the time of two connections may bring some twice.
   */
  async function allArrived(symbol: string): Promise<void> {
    const sent = exchange.sentOf(symbol);
    await until(() => new Set(ids(symbol)).size >= sent.length, LIMIT);
    expect([...new Set(ids(symbol))].sort()).toEqual(expect.arrayContaining([...sent].sort()));
  }

  it("subscribes by message and passes on each trade unchanged", async () => {
    await follow();
    await flow(btc);
    await allArrived(btc);
    await allArrived(eth);
    expect(ids(btc)).toEqual(exchange.sentOf(btc));
    const sent = new Map(exchange.of(btc).map((print) => [String(print.id), print]));
    for (const trade of under.tape.trades) {
      if (trade.market !== market(btc)) continue;
      const { price, amount, takerSide, time } = sent.get(trade.id) ?? {};
      expect(trade).toMatchObject({ amount, takerSide, time, ids: "dense" });
      expect(trade.price).toBe(price?.replace(/0$/, ""));
    }
    expect(under.tape.conditions(market(btc))).toEqual(["connecting", "live"]);
  });

  it("resubscribes after a cut, and passes on everything that is sent then", async () => {
    await follow();
    await flow(btc);
    await allArrived(btc);
    await allArrived(eth);
    exchange.drop();
    await until(() => exchange.opened === 2 && exchange.followers(eth) === 1, LIMIT);
    await flow(btc);
    await allArrived(btc);
    await allArrived(eth);
    expect(under.tape.condition(market(btc))).toBe("live");
  });

  it("loses nothing when it replaces a connection before its end", async () => {
    await follow({ limits: { ...venue.limits, connectionLifeMs: 1_500 } });
    exchange.tradeAll(btc, eth);
    await until(() => exchange.opened === 2, LIMIT);
    await until(
      () => exchange.followers(btc) === 1,
      LIMIT,
      () => `${exchange.connections} connections`,
    );
    exchange.pauseTrading();
    await allArrived(btc);
    await allArrived(eth);
    expect(under.tape.conditions(market(btc))).toEqual(["connecting", "live"]);
  });

  it("does not take a snapshot of past trades as a proof that the subscription works", async () => {
    exchange = await MessageExchange.start(dialect([btc, eth]));
    for (let count = 0; count < 60; count++) exchange.trade(eth);
    under = await startFeed(exchange, [btc, eth], { venue });
    const newest = String(exchange.of(eth).at(-1)?.id);
    await until(() => ids(eth).includes(newest), LIMIT);
    await until(() => under.tape.condition(market(eth)) === "quiet", LIMIT);
    expect(under.tape.conditions(market(eth))).toEqual(["connecting", "quiet"]);
  });

  it("finds one symbol silent while the other flows, and renews its subscription", async () => {
    await follow();
    await flow(eth);
    exchange.mute(eth);
    exchange.tradeAll(btc, eth);
    await until(() => under.tape.condition(market(eth)) === "stale", LIMIT);
    await until(() => under.tape.condition(market(eth)) === "live", LIMIT);
    expect(under.tape.conditions(market(btc))).toEqual(["connecting", "live"]);
    expect(exchange.opened).toBe(1);
  });

  it("names the symbol that the venue refuses, and follows the others", async () => {
    const unknown = btc.replace("BTC", "NOPE");
    await follow({}, [unknown, btc, eth]);
    await until(() => under.tape.condition(market(unknown)) === "stale", LIMIT);
    const detail = under.tape.states.get(market(unknown))?.at(-1)?.detail;
    expect(detail).toMatch(/the venue refuses: .*(not supported|not a valid)/);
    await flow(btc);
    await allArrived(btc);
    expect(under.tape.condition(market(btc))).toBe("live");
    expect(exchange.opened).toBe(1);
  });
});

it("sends Kraken what keeps a connection alive, and is not disturbed by the answers", async () => {
  exchange = await MessageExchange.start(krakenDialect(["BTC/USD"]));
  const message = kraken.keepAlive?.message ?? "";
  under = await startFeed(exchange, ["BTC/USD"], {
    venue: { ...kraken, keepAlive: { everyMs: 100, message } },
  });
  const pings = (): number => exchange.messages.filter((text) => text === message).length;
  await until(() => pings() > 3, LIMIT);
  expect(await figure(under.metrics, "tapeline_feed_refused_total")).toBe(0);
});

it("knows from Coinbase's heartbeat that a trade is missing long before the silence limit", async () => {
  exchange = await MessageExchange.start(coinbaseDialect(["BTC-USD"]));
  under = await startFeed(exchange, ["BTC-USD"], {
    venue: coinbase,
    silenceMs: 600_000,
  });
  await until(() => exchange.followers("BTC-USD") === 1, LIMIT);
  exchange.trade("BTC-USD");
  await until(() => under.tape.condition("coinbase:BTC-USD") === "live", LIMIT);
  exchange.mute("BTC-USD");
  exchange.trade("BTC-USD");
  await until(() => under.tape.condition("coinbase:BTC-USD") === "stale", LIMIT);
  // The new subscription sends the last match.
  await until(() => under.tape.ids("coinbase:BTC-USD").length === 2, LIMIT);
});
