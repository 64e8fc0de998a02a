import { type Candle, FIGURES } from "../../src/domain/candle.js";
import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import type { Interval } from "../../src/domain/interval.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { compare } from "../../src/recovery/reconciliation/comparison.js";
import type { Kline } from "../../src/venues/venue.js";
import { published } from "../support/exchange/published.js";
import { nineOf } from "../support/klines.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";
import { GOLDENS, type Golden, type RecordedBucket, bucketsOf } from "../support/venue-buckets.js";
import { CANDLES, type CandleUpdate } from "../support/venue-candles.js";
import { type Recording, framesOf, isRecorded } from "../support/venue-recordings.js";

const never = new AbortController().signal;
let tape: Tape;
let recorder: Recorder;
tapeForEachTest("1m,5m", (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
});

/** The stored candle after each of the bucket's trades, and before the first. */
async function candlesOf(
  { venue, symbol, openTime, trades }: RecordedBucket,
  { interval }: Golden,
): Promise<(Candle | undefined)[]> {
  const candles: (Candle | undefined)[] = [undefined];
  for (const one of trades) {
    const { refusals } = await recorder.record([one], never);
    expect(refusals).toEqual([]);
    const [candle] = await tape.candles.exact(`${venue.name}:${symbol}`, [{ interval, openTime }]);
    candles.push(candle);
  }
  return candles;
}

function klineOf({ openTime, fields }: CandleUpdate): Kline {
  const reported = (field: keyof typeof fields): string | null => fields[field] ?? null;
  const { open = "", high = "", low = "", close = "", volume = "" } = fields;
  return {
    openTime,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume: reported("quoteVolume"),
    trades: fields.trades === undefined ? null : Number(fields.trades),
    takerBuyVolume: reported("takerBuyVolume"),
    takerBuyQuoteVolume: reported("takerBuyQuoteVolume"),
  };
}

/**
 * How many updates match the candle after some of the trades, never fewer than at the update
 * before.
 */
function matched(
  { venue, updates, closeBefore }: RecordedBucket,
  candles: readonly (Candle | undefined)[],
): number {
  let length = 0;
  return updates.filter((update) => {
    const found = candles.findIndex((candle, index) => {
      if (index < length) return false;
      const { outcome, fields } = compare(
        candle,
        klineOf(update),
        venue.klines.convention,
        closeBefore,
      );
      return outcome === "match" && fields.length === 0;
    });
    if (found >= 0) length = found;
    return found >= 0;
  }).length;
}

it.each([...GOLDENS])(
  "stored candles match the venue's own at every update: $recording",
  async (golden) => {
    let [found, all] = [0, 0];
    for (const bucket of bucketsOf(golden)) {
      found += matched(bucket, await candlesOf(bucket, golden));
      all += bucket.updates.length;
    }
    expect({ found, all }).toEqual({
      found: golden.updates,
      all: golden.updates,
    });
  },
);

it("would not match with one trade fewer", async () => {
  const golden = GOLDENS[1] as Golden;
  const [bucket] = bucketsOf(golden) as [RecordedBucket];
  const candles = await candlesOf({ ...bucket, trades: bucket.trades.slice(1) }, golden);
  expect(matched(bucket, candles)).toBeLessThan(bucket.updates.length);
});

it.each(published())(
  "candles stored from Binance's aggregates equal its own in nine fields: $name",
  async ({ name, tape: { aggregates }, interval, bars }) => {
    if (isRecorded) expect(bars).toHaveLength(name === "binance-usdm" ? 5 : 2);
    const market = "binance:AGGREGATES";
    const all = aggregates.map(({ a, first, last, time, ...rest }) =>
      trade(market, first, time, {
        id: String(a),
        kind: "aggregated",
        count: last - first + 1,
        price: plain(rest.price),
        amount: plain(rest.amount),
        takerSide: rest.isBuyerMaker ? "sell" : "buy",
      }),
    );
    const { refusals } = await recorder.record(all, never);
    expect(refusals).toEqual([]);
    const candles = await tape.candles.page({
      market,
      interval: interval as Interval,
      start: 0,
      limit: 1_000,
    });
    const reported = new Set(bars.map(({ openTime }) => openTime));
    expect(candles.map(nineOf).filter(({ openTime }) => reported.has(openTime))).toEqual(bars);
  },
);

const plain = (decimal: string): string => fromUnits(toUnits(decimal));

/** docs/adding-a-venue.md says why no candle of these can be reproduced. */
describe("recordings without candles of the venue", () => {
  it.each<Recording>(["BITSTAMP", "KRAKEN", "OKX"])("%s", (recording) => {
    expect(Object.keys(CANDLES)).not.toContain(recording);
    const texts = framesOf(recording).map(({ text }) => text);
    expect(texts.filter((text) => /candle|kline|ohlc/i.test(text))).toEqual([]);
  });

  it("BINANCE sends two candles, one of which began before the recording", () => {
    const updates = framesOf("BINANCE").flatMap((frame) => CANDLES.BINANCE(frame));
    if (isRecorded) expect(updates).toHaveLength(2);
    for (const { fields } of updates)
      expect(Object.keys(fields).sort()).toEqual([...FIGURES].sort());
  });
});
