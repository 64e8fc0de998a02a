import { Logger } from "@nestjs/common";
import { Metrics } from "../../src/metrics/metrics.js";
import { BackfillStore } from "../../src/persistence/stores/backfills/backfill-store.js";
import { MarketStore } from "../../src/persistence/stores/market-store.js";
import { Bootstrap } from "../../src/recovery/backfill/bootstrap.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import type { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { Venues } from "../../src/venues/venues.js";
import { until } from "../support/app.js";
import { type Tape, openTape, trade } from "../support/tape.js";
import { following } from "./followed.js";

const LIMIT = 30_000;

let tape: Tape;
let store: BackfillStore;
let followed: FollowedMarkets;
let bootstrap: Bootstrap;

beforeEach(async () => {
  Logger.overrideLogger(false);
  tape = await openTape();
  store = new BackfillStore(tape.source);
  followed = following("binance:BTCUSDT,bybit:BTCUSDT,sim:BTCUSDT");
  bootstrap = new Bootstrap(
    { bootstrapMs: 3_600_000, backfillJobs: 1 },
    followed,
    new Venues(),
    new VenueClocks(new ClockFigures(new Metrics())),
    new MarketStore(tape.source),
    store,
  );
  const { recorder } = tape.recorder();
  await recorder.record([trade("okx:ETH-USDT", 1, Date.now())], new AbortController().signal);
});

afterEach(async () => {
  await bootstrap.stop();
  await tape.close();
});

const requested = async (): Promise<string[]> =>
  (await store.list({ limit: 10 })).map(({ market }) => market).sort();

describe("the history of a market that has none", () => {
  it("is requested at the start, and when the market is followed later", async () => {
    await bootstrap.findNewMarkets();
    bootstrap.start();
    followed.add(["okx:ETH-USDT", "okx:BTC-USDT", "sim:ETHUSDT"]);
    await until(async () => (await requested()).length === 2, LIMIT);
    expect(await requested()).toEqual(["binance:BTCUSDT", "okx:BTC-USDT"]);
    expect(await store.list({ limit: 1 })).toMatchObject([
      { askedBy: "bootstrap", state: "waiting" },
    ]);
  });
});
