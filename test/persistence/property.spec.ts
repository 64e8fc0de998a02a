import fc from "fast-check";
import { INTERVALS, nextOpenTime, openTimeOf } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import { fold, foldedPart } from "../support/fold.js";
import { batches, random, shuffled } from "../support/random.js";
import { type Tape, openTape, trade } from "../support/tape.js";

const never = new AbortController().signal;
let tape: Tape;
let serial = 0;
beforeAll(async () => {
  tape = await openTape();
});
afterAll(async () => {
  await tape.close();
});

const START = Date.UTC(2023, 11, 30);

/** Times at, just before and just after the borders of every interval, and some between. */
const time = fc.oneof(
  fc
    .record({
      interval: fc.constantFrom(...INTERVALS),
      at: fc.integer({ min: 0, max: 40 * 86_400_000 }),
      offset: fc.integer({ min: -2, max: 2 }),
    })
    .map(
      ({ interval, at, offset }) =>
        nextOpenTime(interval, openTimeOf(interval, START + at)) + offset,
    ),
  fc.integer({ min: START, max: START + 40 * 86_400_000 }),
);
const digits = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(most) }), fc.integer({ min: 0, max: 18 }))
    .map(([units, scale]) => {
      const text = units.toString().padStart(scale + 1, "0");
      return scale === 0
        ? text
        : `${text.slice(0, -scale)}.${text.slice(-scale)}`.replace(/0+$/, "").replace(/\.$/, "");
    });
const draft = fc.record({
  time,
  price: digits(12),
  amount: digits(12),
  takerSide: fc.constantFrom("buy" as const, "sell" as const),
  offBook: fc.boolean(),
});

it.each([
  // So many in so small batches that most candles are merged more than once in the first run.
  { trades: "many", minLength: 40, maxLength: 60, maxBatch: 6, numRuns: 15 },
  { trades: "any number of", minLength: 1, maxLength: 60, maxBatch: 30, numRuns: 25 },
])(
  "gives the candles of a naive fold, for $trades trades, in any order, copies and batches",
  async (size) => {
    const { minLength, maxLength, maxBatch, numRuns } = size;
    await fc.assert(
      fc.asyncProperty(
        fc.array(draft, { minLength, maxLength }),
        fc.integer(),
        async (drafts, seed) => {
          const market = `binance:P${serial++}`;
          const trades: Trade[] = drafts.map((fields, index) =>
            trade(market, 10 + index, fields.time, {
              ...fields,
              offBook: fields.offBook && index % 5 === 0,
            }),
          );
          const next = random(seed);
          const parts = batches(
            shuffled([...trades, ...trades.filter(() => next() < 1 / 3)], next),
            next,
            maxBatch,
          );
          const writers = [tape.recorder().recorder, tape.recorder().recorder];
          await Promise.all(
            writers.map(async (recorder) => {
              for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
                expect((await recorder.record(part, never)).refusals).toEqual([]);
              }
            }),
          );
          for (const interval of INTERVALS) {
            const stored = await tape.candles.page({
              market,
              interval,
              start: 0,
              limit: 1_000,
            });
            expect(stored.map(foldedPart)).toEqual(fold(trades, interval));
          }
        },
      ),
      { numRuns },
    );
  },
);

it.each([
  ["the lower price came first", ["99", "101"]],
  ["the higher price came first", ["101", "99"]],
])("orders trades of one time and ord by price, also where %s", async (_name, prices) => {
  const market = `posted:P${serial++}`;
  const { recorder } = tape.recorder();
  for (const [index, price] of prices.entries()) {
    const fields = { ids: "sparse", ord: "7", price } as const;
    const { refusals } = await recorder.record([trade(market, index, START, fields)], never);
    expect(refusals).toEqual([]);
  }
  const [minute] = await tape.candles.page({ market, interval: "1m", start: START, limit: 1 });
  expect(minute).toMatchObject({ open: "99", close: "101", trades: 2 });
});
