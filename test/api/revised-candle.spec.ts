import type { Candle } from "../../src/domain/candle.js";
import type { CandleRevision } from "../../src/persistence/stores/candles/revision-store.js";
import { Transport } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { trade } from "../support/tape.js";
import { apiForSuite } from "./api-suite.js";
import type { ApiUnderTest } from "./api-under-test.js";
import { Follower } from "./live-client.js";
import { restClient } from "./rest-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;

let api: ApiUnderTest;
const { get } = restClient(() => api.url);

apiForSuite("1m,5m", (started) => {
  api = started;
});

it("publishes a repaired candle's next revision in the row, on the topic and on the socket", async () => {
  const market = "binance:MENDED";
  const transport = api.app.get(Transport);
  const heard: Candle[] = [];
  const consumer = await transport.subscribe({
    group: "tapeline.test.1",
    ephemeral: true,
    handlers: new Map([
      ["candles", ({ records }) => Promise.resolve(void heard.push(...(records as Candle[])))],
    ]),
    lanes: 1,
    maxBatch: 1_000,
    paceMs: 0,
  });
  await api.record([
    trade(market, 1, START - 1),
    trade(market, 2, START),
    trade(market, 5, START + 9),
    trade(market, 6, START + MINUTE),
  ]);
  const client = await api.client();
  const follower = new Follower(client, {
    channel: "candles",
    market,
    interval: "1m",
  });
  await follower.begin();
  expect(follower.candles.get(START)).toMatchObject({
    closed: true,
    revision: 0,
    complete: false,
  });
  // One by one, as a repair may arrive in chunks; then one that the venue sent late.
  for (const [id, source] of [
    [3, "repair"],
    [4, "repair"],
  ] as const)
    await transport.produce("trades.bulk", [trade(market, id, START + id, { source })]);
  await api.record([trade(market, 7, START + 20)]);

  const known = (): number | undefined => follower.candles.get(START)?.revision;
  await until(() => known() === 3, 30_000);
  const { body } = await get<Candle[]>(
    `/api/v1/markets/${market}/candles?interval=1m&start=${START}&limit=1`,
  );
  expect(body[0]).toMatchObject({ closed: true, revision: 3, complete: true });
  expect(follower.candles.get(START)).toEqual(body[0]);
  for (const revision of [1, 2, 3]) expect(follower.closed).toContain(`${START} ${revision}`);
  const published = heard.filter((candle) => candle.market === market && candle.openTime === START);
  expect(
    published
      .filter(({ interval, revision }) => interval === "1m" && revision > 0)
      .map(({ closed, revision }) => [closed, revision]),
  ).toEqual([
    [true, 1],
    [true, 2],
    [true, 3],
  ]);
  expect(published.at(-1)?.version).toBe(body[0]?.version);
  const { body: history } = await get<CandleRevision[]>(
    `/api/v1/markets/${market}/candles/${START}/history?interval=1m`,
  );
  expect(history.map(({ reasons }) => reasons)).toEqual([["repair"], ["repair"], ["late"]]);
  await consumer.close();
});
