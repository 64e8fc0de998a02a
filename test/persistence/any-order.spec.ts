import type { Trade } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { gapTrades, madeTrades, spotTrades } from "../support/recordings.js";
import { batches, random, shuffled } from "../support/random.js";
import { type Tape, contents, openTape } from "../support/tape.js";

const never = new AbortController().signal;

async function store(
  tape: Tape,
  trades: readonly Trade[],
  seed: number | undefined,
): Promise<string[]> {
  const next = random(seed ?? 1);
  const copies =
    seed === undefined
      ? trades
      : shuffled([...trades, ...trades.filter(() => next() < 1 / 3)], next);
  const parts = batches(copies, next, seed === undefined ? 2_000 : 800);
  const writers = seed === undefined ? [tape.recorder()] : [tape.recorder(), tape.recorder()];
  await Promise.all(
    writers.map(async ({ recorder }) => {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        const { refusals } = await recorder.record(part, never);
        expect(refusals).toEqual([]);
      }
    }),
  );
  const retries = await Promise.all(writers.map(({ figures }) => figures.writeRetries.get()));
  return retries.flatMap(({ values }) =>
    values.map(({ labels, value }) => `${labels.cause ?? ""} ${value}`),
  );
}

async function differences(tape: Tape): Promise<number> {
  let count = 0;
  for await (const verdict of verify(tape.source))
    count += verdict.differences + (verdict.uncoveredIds === "0" ? 0 : 1);
  return count;
}

const inputs: [string, () => Trade[]][] = [
  ["spot trades over midnight", () => spotTrades(12_000)],
  [
    "trades with real holes",
    () =>
      gapTrades()?.slice(0, 6_000) ?? madeTrades(6_000, 3).filter((_, index) => index % 500 > 20),
  ],
  ["two markets with bursts of one millisecond", () => madeTrades(6_000, 11)],
];

describe.each(inputs)("%s", (_, load) => {
  let trades: Trade[];
  let inOrder: Awaited<ReturnType<typeof contents>>;
  beforeAll(async () => {
    trades = load();
    const tape = await openTape();
    await store(tape, trades, undefined);
    inOrder = await contents(tape.source);
    expect(await differences(tape)).toBe(0);
    await tape.close();
  });

  it.each([1, 2, 3])(
    "end in the same rows when shuffled, a third of them twice, by two writers (seed %i)",
    async (seed) => {
      const tape = await openTape();
      const retries = await store(tape, trades, seed);
      const result = await contents(tape.source);
      expect(result.trades).toHaveLength(trades.length);
      expect(result).toEqual(inOrder);
      expect(retries).toEqual([]);
      expect(await differences(tape)).toBe(0);
      await tape.close();
    },
  );
});
