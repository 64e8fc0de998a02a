import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import { PostedClocks } from "../../src/persistence/recorder/posted-clocks.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import type { Delivery } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const SECOND = 1_000;
const LIMIT = 20_000;
const LIVE = "mine:LIVE";
let tape: Tape;
let recorder: Recorder;
let transport: InProcessTransport;
let clocks: PostedClocks;

tapeForEachTest("1s,1m", async (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
  transport = new InProcessTransport();
  await transport.subscribe({
    group: "recorder",
    ephemeral: false,
    handlers: new Map([["trades", (delivery) => record((delivery as Delivery<"trades">).records)]]),
    lanes: 1,
    maxBatch: 1_000,
    paceMs: 0,
  });
  clocks = new PostedClocks(tape.source, transport);
});
afterEach(async () => {
  await clocks.stop();
  await transport.close();
});

async function record(records: Parameters<Recorder["record"]>[0]): Promise<void> {
  await recorder.record(records, never);
}

/** One trade of this age that is posted now, or by another source. */
const posted = (market: string, ageMs: number, fields: Partial<Trade> = {}): Trade => {
  const now = Date.now();
  return trade(market, 1, now - ageMs, { source: "posted", receivedAt: now, ...fields });
};
const candle = async (market: string, interval: "1s" | "1m"): Promise<Candle | undefined> =>
  (await tape.candles.page({ market, interval, start: 0, limit: 1 }))[0];

it("close the candles of a market that is posted live two seconds after their end, each once", async () => {
  await record([posted(LIVE, 0)]);
  clocks.assigned(() => true);
  clocks.start();
  await until(async () => (await candle(LIVE, "1s"))?.closed === true, LIMIT);
  const closed = await candle(LIVE, "1s");
  expect(Date.now()).toBeGreaterThanOrEqual((closed?.closeTime ?? Infinity) + 2 * SECOND);
  expect(closed).toMatchObject({ version: 2, revision: 0 });
  expect((await tape.markets.find(LIVE))?.clock).toBeLessThanOrEqual(Date.now() - 2 * SECOND);
  // A later post is a revision.
  await record([trade(LIVE, 2, closed?.openTime ?? 0, { source: "posted", price: "7" })]);
  expect(await candle(LIVE, "1s")).toMatchObject({ closed: true, revision: 1 });
});

it("leave alone what others own, imports, and markets of other sources", async () => {
  await record([
    posted(LIVE, 10 * SECOND),
    posted("mine:OTHER", 10 * SECOND),
    posted("mine:IMPORT", 90 * SECOND),
    posted("binance:FEED", 10 * SECOND, { source: "live" }),
  ]);
  clocks.assigned((market) => market !== "mine:OTHER");
  clocks.start();
  await until(async () => (await candle(LIVE, "1s"))?.closed === true, LIMIT);
  for (const market of ["mine:OTHER", "mine:IMPORT", "binance:FEED"])
    expect(await candle(market, "1s")).toMatchObject({ closed: false });
});
