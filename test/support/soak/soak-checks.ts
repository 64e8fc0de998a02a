import pg from "pg";
import type { System } from "../../../src/api/system/system.js";
import type { Interval } from "../../../src/domain/interval.js";
import type { BinanceExchange } from "../exchange/binance-exchange.js";
import type { SymbolTape } from "../exchange/symbol-tape.js";
import { nineOf, nineOfRow } from "../klines.js";
import { candlesOf, rest } from "./rest-candles.js";
import type { Subscriber } from "./subscriber.js";

/** Intervals that the exchange has candles of, with the same anchor as Tapeline's. */
const COMPARED: readonly Interval[] = "1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 1w 1M".split(
  " ",
) as Interval[];

const EXAMPLES = 3;

export interface Checked {
  url: string;
  databaseUrl: string;
  exchange: BinanceExchange;
  tapes: readonly SymbolTape[];
}

export const marketOf = ({ symbol }: SymbolTape): string => `binance:${symbol}`;

/**
 * One line for each market that does not yet hold all of its tape, or void where the exchange has
 * nothing.
 */
export async function coverageProblems({ databaseUrl, tapes }: Checked): Promise<string[]> {
  const rows = await query<{ name: string; known: string; covered: string }>(
    databaseUrl,
    `SELECT name, covered::text,
       (covered + coalesce((to_jsonb(m) ->> 'void')::int8multirange, '{}'))::text AS known
     FROM market m ORDER BY name`,
  );
  return tapes.flatMap((tape) => {
    const row = rows.find(({ name }) => name === marketOf(tape));
    const first = tape.trades[0]?.id ?? 0;
    const end = (tape.trades.at(-1)?.id ?? 0) + 1;
    const wanted = `{[${first},${end})}`;
    const problems: string[] = [];
    if (row?.known !== wanted)
      problems.push(`${marketOf(tape)} knows ${row?.known}, not ${wanted}`);
    const held = multirange(tape);
    if (problems.length === 0 && row?.covered !== held)
      problems.push(`${marketOf(tape)} holds ${row?.covered}, not ${held}`);
    return problems;
  });
}

/** Ids that exist, as PostgreSQL writes them. */
function multirange(tape: SymbolTape): string {
  let from = tape.trades[0]?.id ?? 0;
  const ranges: string[] = [];
  for (const [end, next] of tape.voids()) {
    ranges.push(`[${from},${end})`);
    from = next;
  }
  return `{${[...ranges, `[${from},${(tape.trades.at(-1)?.id ?? 0) + 1})`].join(",")}}`;
}

/** One line for each gap that is still listed. */
export async function gapProblems({ url, tapes }: Checked): Promise<string[]> {
  const lists = await Promise.all(
    tapes.map(async (tape) => {
      const market = marketOf(tape);
      const path = `/api/v1/markets/${encodeURIComponent(market)}/gaps`;
      const gaps = await rest<object[]>(url, path);
      return gaps.map((gap) => `${market} has a gap ${JSON.stringify(gap)}`);
    }),
  );
  return lists.flat();
}

/** One line for each interval whose candles are not all built. */
export async function builtProblems({ url }: Checked): Promise<string[]> {
  const { rebuilds } = await rest<System>(url, "/api/v1/system");
  return rebuilds.map((each) => `not all is built: ${JSON.stringify(each)}`);
}

/**
 * One line for each candle that is not the exchange's own in nine fields, is missing, too much, or
 * not complete.
 */
export async function candleProblems({
  url,
  exchange,
  tapes,
}: Checked): Promise<{ problems: string[]; compared: number }> {
  const problems: string[] = [];
  let compared = 0;
  for (const tape of tapes)
    for (const interval of COMPARED) {
      const market = marketOf(tape);
      const ours = await candlesOf(url, market, interval, 0);
      const theirs = exchange
        .klines(tape.symbol, interval, 0)
        .map((row) => nineOfRow(row.map(String)));
      compared += theirs.length;
      const known = new Map(ours.map((candle) => [String(candle.openTime), nineOf(candle)]));
      const name = `${market} ${interval}`;
      if (ours.length !== theirs.length)
        problems.push(`${name}: ${ours.length} candles, not ${theirs.length}`);
      const wrong = theirs.filter(
        (nine) => JSON.stringify(known.get(nine.openTime)) !== JSON.stringify(nine),
      );
      for (const nine of wrong.slice(0, EXAMPLES))
        problems.push(
          `${name}: ${JSON.stringify(known.get(nine.openTime))} is at the exchange ${JSON.stringify(nine)}`,
        );
      const incomplete = ours.filter(({ complete }) => complete === false);
      for (const { openTime } of incomplete.slice(0, EXAMPLES))
        problems.push(`${name} of ${openTime} says that it is not complete`);
    }
  return { problems, compared };
}

/** One line for each room in which a client does not hold what REST says. */
export async function subscriberProblems(
  url: string,
  subscribers: readonly Subscriber[],
  since: number,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [index, subscriber] of subscribers.entries())
    for (const { market, interval, candles } of subscriber.state) {
      const said = await candlesOf(url, market, interval, since);
      if (JSON.stringify(candles) === JSON.stringify(said)) continue;
      const held = new Map(candles.map((candle) => [candle.openTime, candle]));
      const wrong = said.filter(
        (candle) => JSON.stringify(held.get(candle.openTime)) !== JSON.stringify(candle),
      );
      problems.push(
        `client ${index}, ${market} ${interval}: ${candles.length} candles of ${said.length}, ${wrong.length} other than REST's, such as ` +
          `${JSON.stringify(held.get(wrong[0]?.openTime ?? 0))} for ${JSON.stringify(wrong[0])}`,
      );
    }
  return problems;
}

async function query<T extends object>(databaseUrl: string, statement: string): Promise<T[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}
