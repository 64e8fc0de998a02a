import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Trade } from "../../src/domain/trade.js";
import type { KnownMarket } from "../../src/persistence/merge/write-batch.js";
import type { TradesAlone } from "../writes/trades-alone.js";

const COPY =
  "COPY trade (market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at) FROM STDIN";
const LINES_A_CHUNK = 1_000;

/** Loads trades that are known to be new: a stored one fails its whole batch. */
export async function openCopy(url: string): Promise<TradesAlone> {
  const client = new pg.Client(url);
  await client.connect();
  return {
    store: (trades, markets) =>
      pipeline(Readable.from(chunksOf(trades, markets)), client.query(copyFrom(COPY))),
    close: () => client.end(),
  };
}

function* chunksOf(
  trades: readonly Trade[],
  markets: ReadonlyMap<string, KnownMarket>,
): Generator<string> {
  for (let at = 0; at < trades.length; at += LINES_A_CHUNK) {
    let text = "";
    for (const trade of trades.slice(at, at + LINES_A_CHUNK)) {
      const { time, id, ord, price, amount, count } = trade;
      const { takerSide, offBook, source, receivedAt } = trade;
      const market = markets.get(trade.market)?.id;
      text += `${market}\t${time}\t${id}\t${ord}\t${price}\t${amount}\t${count}\t${takerSide}\t${offBook ? "t" : "f"}\t${source}\t${receivedAt}\n`;
    }
    yield text;
  }
}
