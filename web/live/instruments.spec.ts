import { setTimeout as sleep } from "node:timers/promises";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";
import { Instruments } from "./instruments.js";

type Row = Pick<MarketSummary, "market" | "instrument">;

const said: NonNullable<Row["instrument"]> = {
  base: "BTC",
  quote: "USDT",
  kind: "spot",
  tickSize: "0.01",
  stepSize: null,
  status: "trading",
};
const market = "binance:BTCUSDT";
const known: Row = { market, instrument: said };
const unknown: Row = { market: "binance:NEW", instrument: null };

/** Returns the answers in order, then repeats the last one. */
function answers(...rows: (Row[] | Error)[]) {
  const load = () => {
    const answer = rows[Math.min(load.requests++, rows.length - 1)]!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  load.requests = 0;
  return load;
}

it("an instrument is known once loaded, and not requested again", async () => {
  const instruments = new Instruments();
  const load = answers([known]);
  expect(instruments.of(market).value).toBeNull();
  const reading = instruments.read(load, [1, 1]);
  await sleep(50);
  expect(instruments.of(market).value).toEqual(said);
  expect(load.requests).toBe(1);
  reading.close();
});

it("missing instruments are requested again, but not for ever, and known ones stay", async () => {
  const instruments = new Instruments();
  const load = answers(new Error("away"), [known, unknown], [unknown]);
  const reading = instruments.read(load, [1, 1, 1]);
  await sleep(100);
  expect(load.requests).toBe(4);
  expect(instruments.of(market).value).toEqual(said);
  expect(instruments.of(unknown.market).value).toBeNull();
  reading.close();
});

it("nothing is requested after close", async () => {
  const load = answers([unknown]);
  new Instruments().read(load, [20]).close();
  await sleep(60);
  expect(load.requests).toBe(1);
});
