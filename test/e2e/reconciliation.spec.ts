import type { ReconciledDay } from "../../src/domain/reconciliation.js";
import { KlineVenue } from "../recovery/reconciliation-under-test.js";
import { Process, until } from "../support/app.js";
import { BINANCE } from "../support/exchange/kline-rest.js";
import { openTape, trade } from "../support/tape.js";

const MARKET = "binance:BTCUSDT";
const MINUTE = 60_000;
const MINUTES = 8;

let venue: KlineVenue;
beforeAll(async () => {
  venue = await KlineVenue.start(BINANCE);
});
afterAll(async () => {
  await venue.close();
});

it("compares by itself what a followed market has stored, and reports how far it matches", async () => {
  const first = Date.now() - (Date.now() % MINUTE) - (MINUTES + 2) * MINUTE;
  const trades = Array.from({ length: MINUTES * 2 }, (_, index) =>
    trade(MARKET, index + 1, first + index * 30_000, {
      price: String(100 + (index % 5)),
    }),
  );
  const tape = await openTape("1m");
  await tape
    .recorder()
    .recorder.record(
      [...trades, { market: MARKET, clock: first + MINUTES * MINUTE }],
      new AbortController().signal,
    );
  await tape.close();
  venue.trades.set("BTCUSDT", trades);
  const app = await Process.start(["serve"], {
    DATABASE_URL: tape.url,
    FEEDS: MARKET,
    INTERVALS: "1m",
    BINANCE_WS_URL: "ws://127.0.0.1:1",
    BINANCE_REST_URL: venue.url,
    RECONCILE: "1d",
    RECONCILE_AFTER: "1m",
  });
  await app.ready();
  let days: ReconciledDay[] = [];
  await until(
    async () => {
      days = await app.get<ReconciledDay[]>("/api/v1/reconciliation");
      return days.length > 0;
    },
    60_000,
    () => app.output,
  );
  const sum = (field: "compared" | "matched"): number =>
    days.reduce((total, day) => total + day[field], 0);
  expect([sum("compared"), sum("matched")]).toEqual([MINUTES, MINUTES]);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  expect(metrics).toContain(`tapeline_match_ratio{market="${MARKET}"} 1\n`);
  expect((await app.stop()).code).toBe(0);
});
