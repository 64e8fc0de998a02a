import type { Candle } from "../../src/domain/candle.js";
import { binanceRest } from "../support/exchange/by-id-rest.js";
import type { Print } from "../support/exchange/dialect.js";
import { fold, foldedPart } from "../support/fold.js";
import { gapTrades } from "../support/recordings.js";
import { NOON, type Scene, held, sceneOpener } from "./repair-scene.js";

const MARKET = "binance:LTCUSDT";

const openScene = sceneOpener();
let scene: Scene;

/** The recording with its 26 real holes, or, without it, a generated one with three. */
function recorded(): { prints: Print[]; holes: number; missing: number } {
  const trades = gapTrades();
  if (trades === undefined) {
    const ids = [1, 2, 3, 7, 8, 20, 21, 25, 26];
    const prints = ids.map((id) => print(id, NOON + id * 9_000, "81.5"));
    return { prints, holes: 3, missing: 17 };
  }
  const prints = trades.map(({ ord, time, price, amount, takerSide }) => ({
    ...print(Number(ord), time, price),
    amount,
    takerSide: takerSide === "buy" ? ("buy" as const) : ("sell" as const),
  }));
  return { prints, holes: 26, missing: 25_595 };
}

function print(id: number, time: number, price: string): Print {
  const amount = `0.${(id % 9) + 1}`;
  return { symbol: "LTCUSDT", id, time, price, amount, takerSide: "buy" };
}

/** With made-up trades in the holes: at the price before, evenly in time. */
function filled(prints: readonly Print[]): Print[] {
  return prints.flatMap((after, index) => {
    const before = prints[index - 1];
    if (before === undefined) return [after];
    const missing = after.id - before.id - 1;
    const step = (after.time - before.time) / (missing + 1);
    const made = Array.from({ length: missing }, (_, n) =>
      print(before.id + 1 + n, Math.floor(before.time + step * (n + 1)), before.price),
    );
    return [...made, after];
  });
}

/** Holes as `first-last`, straight from the ids. */
function holesOf(prints: readonly Print[]): string[] {
  return prints.flatMap(({ id }, index) => {
    const before = prints[index - 1]?.id ?? id - 1;
    return id - before > 1 ? [`${before + 1}-${id - 1}`] : [];
  });
}

async function begin(): Promise<ReturnType<typeof recorded>> {
  scene = await openScene(MARKET, binanceRest);
  const { prints, ...counts } = recorded();
  for (let at = 0; at < prints.length; at += 20_000)
    await scene.hold(prints.slice(at, at + 20_000));
  return { prints, ...counts };
}

async function allMinutes(): Promise<Candle[]> {
  const candles: Candle[] = [];
  for (;;) {
    const start = candles.at(-1)?.closeTime ?? 0;
    const page = await scene.get<Candle[]>(`/candles?interval=1m&start=${start}&limit=1000`);
    if (page.length === 0) return candles;
    candles.push(...page);
  }
}

async function expectEnded(
  state: "void" | "repaired",
  prints: readonly Print[],
  { holes }: { holes: number },
): Promise<void> {
  const expected = holesOf(prints);
  expect(expected).toHaveLength(holes);
  const gaps = await scene.ended(state, holes, 90_000);
  expect(gaps.map(({ fromId, toId }) => `${fromId}-${toId}`)).toEqual(expected);
  expect(await scene.gaps()).toEqual([]);
}

async function expectCandlesOf(prints: readonly Print[]): Promise<void> {
  const expected = fold(
    prints.map((each) => held(MARKET, each)),
    "1m",
  );
  const candles = await allMinutes();
  expect(candles.map(foldedPart)).toEqual(expected);
  const complete = candles.map((candle) => candle.complete);
  expect(complete).toEqual([null, ...expected.slice(1).map(() => true)]);
}

it("every hole of a recorded market whose ids the venue has no trades for is void, by its exact ids", async () => {
  const { prints, ...counts } = await begin();
  scene.rest.trades = prints;
  scene.repair();
  await expectEnded("void", prints, counts);
  await scene.expectWhole(prints.length);
  expect(await scene.get()).toMatchObject({
    coverage: { void: String(counts.missing), held: String(prints.length) },
  });
  await expectCandlesOf(prints);
});

it("every hole of a recorded market that the venue can fill is filled, and its candles are those of all trades", async () => {
  const { prints, ...counts } = await begin();
  const all = filled(prints);
  expect(all).toHaveLength(prints.length + counts.missing);
  scene.rest.trades = all;
  scene.repair();
  await expectEnded("repaired", prints, counts);
  await scene.expectWhole(all.length);
  await expectCandlesOf(all);
});
