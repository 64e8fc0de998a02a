import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/app.js";
import { binanceRest } from "../support/exchange/by-id-rest.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import { NOON, type Scene, held, sceneOpener } from "./repair-scene.js";

const BTC = "binance:BTCUSDT";

const openScene = sceneOpener();
let scene: Scene;

describe("a hole", () => {
  it.each([
    [BTC, binanceRest],
    ["coinbase:BTC-USD", coinbaseDialect(["BTC-USD"]).rest],
  ] as const)(
    "that the REST of %s does not know of yet is not void, and is repaired once it does",
    async (market, dialect) => {
      scene = await openScene(market, dialect);
      const all = scene.traded(100, 200);
      await scene.hold([...all.slice(0, 50), ...all.slice(60)]);
      // Some seconds behind the stream: nothing of the hole, and nothing after it.
      scene.rest.trades = all.slice(0, 50);
      scene.repair();
      await until(async () => ((await scene.gaps())[0]?.attempts ?? 0) >= 4, 20_000);
      expect((await scene.gaps())[0]).toMatchObject({
        state: "repairing",
        reason: "the venue's REST does not know these ids yet",
      });
      scene.rest.trades = all;
      await scene.ended("repaired");
      await scene.expectWhole(101);
    },
  );

  it("that is older than the venue serves is unrepairable, and says why", async () => {
    const market = "binance-usdm:BTCUSDT";
    scene = await openScene(market, binanceRest);
    scene.traded(100, 3_000);
    const young = (id: number): boolean => id < 2_500 || id >= 2_510;
    await scene.hold(scene.rest.trades.filter(({ id }) => (id < 300 || id >= 350) && young(id)));
    scene.repair();
    const [gap] = await scene.ended("unrepairable");
    expect(gap).toMatchObject({
      fromId: "300",
      reason:
        "the venue returns nothing for these ids: it serves the newest 1000 trades without a key",
    });
    expect(await scene.ended("repaired")).toMatchObject([{ fromId: "2500", toId: "2509" }]);
    const before = scene.rest.requests.length;
    await sleep(1_000);
    expect(scene.rest.requests).toHaveLength(before);
  });

  it("is requested again after refusals, failures and nonsense, but not while the venue forbids it", async () => {
    scene = await openScene(BTC, binanceRest);
    scene.traded(100, 200);
    await scene.hold([...scene.rest.trades.slice(0, 50), ...scene.rest.trades.slice(60)]);
    const times: number[] = [];
    const faults: [number, Record<string, string>, string][] = [
      [500, {}, "oops"],
      [200, {}, "<html>maintenance</html>"],
      [200, {}, `[{"a":1,"p":"-1","q":"1","f":1,"l":1,"T":${NOON},"m":true}]`],
      [429, { "Retry-After": "2" }, "slow down"],
    ];
    scene.rest.before = (_url, response) => {
      times.push(performance.now());
      const fault = faults[times.length - 1];
      if (fault === undefined) return false;
      response.writeHead(fault[0], fault[1]).end(fault[2]);
      return true;
    };
    const { figures } = scene.repair();
    // An unusable trade is requested again only after hours: as if those had passed.
    await scene.ended("unrepairable");
    await scene.query("UPDATE gap SET next_try_at = now()");
    await scene.ended("repaired");
    expect((times[4] ?? 0) - (times[3] ?? 0)).toBeGreaterThan(1_950);
    await scene.expectWhole(101);
    const { values } = await figures.gapsChanged.get();
    expect(values.map(({ labels, value }) => `${labels.outcome} ${value}`).sort()).toEqual([
      "found 1",
      "repaired 1",
      "void 0",
    ]);
  });

  it("of one millisecond that fills several pages is fetched whole", async () => {
    scene = await openScene(BTC, binanceRest);
    const timeOf = (id: number): number => NOON + (id < 200 ? id : id < 3_200 ? 200 : id);
    scene.traded(100, 3_300, timeOf);
    await scene.hold(scene.rest.trades.filter(({ id }) => id < 200 || id >= 3_200));
    scene.repair();
    await scene.ended("repaired");
    await scene.expectWhole(3_201);
  });

  it("of hours is fetched in bounded pieces, and resumes where a process was stopped in the middle", async () => {
    scene = await openScene(BTC, binanceRest);
    scene.traded(0, 20_000);
    await scene.hold([...scene.rest.trades.slice(0, 10), ...scene.rest.trades.slice(-10)]);
    let answered = 0;
    scene.rest.before = () => ++answered > 8 && new Promise(() => undefined);
    const first = scene.repair();
    await until(() => answered > 8, 20_000);
    await first.stop();
    // Eight pages are in the log, and are stored.
    await until(async () => (await scene.get<{ trades: number }>()).trades > 7_500, 30_000);
    scene.rest.before = () => false;
    const before = scene.rest.requests.length;
    scene.repair();
    await scene.ended("repaired");
    await scene.expectWhole(20_001);
    // What had been stored before was not fetched again.
    expect(scene.rest.requests.length - before).toBeLessThan(15);
    expect(await scene.query("SELECT * FROM dead_letter")).toEqual([]);
  });

  it("that opens while another is being repaired is repaired as well", async () => {
    scene = await openScene(BTC, binanceRest);
    scene.traded(100, 300);
    const all = scene.rest.trades;
    await scene.hold([...all.slice(0, 50), ...all.slice(60, 100)]);
    scene.rest.before = async () => {
      await sleep(400);
      return false;
    };
    scene.repair();
    await until(() => scene.rest.requests.length > 0, 30_000);
    await scene.hold(all.slice(120));
    await scene.ended("repaired", 2);
    await scene.expectWhole(201);
  });

  it("that two processes see is repaired by one of them, and by the other when that has gone", async () => {
    scene = await openScene(BTC, binanceRest);
    scene.traded(100, 300);
    const all = scene.rest.trades;
    await scene.hold([...all.slice(0, 50), ...all.slice(60, 100)]);
    const [one, two] = [scene.repair(), scene.repair()];
    await scene.ended("repaired");
    const requests = scene.rest.requests.filter((path) => path.includes("startTime"));
    expect(requests).toHaveLength(1);
    expect([one.claims.has(BTC), two.claims.has(BTC)].sort()).toEqual([false, true]);
    await (one.claims.has(BTC) ? one : two).stop();
    await scene.hold(all.slice(120));
    await scene.ended("repaired", 2);
    await scene.expectWhole(201);
  });

  it("in a market of raw trades is not filled with aggregates, which could not be stored", async () => {
    scene = await openScene(BTC, binanceRest);
    scene.traded(100, 200);
    const raw = scene.rest.trades.map((print) => held("raw:X", print));
    await scene.api.record(
      raw
        .filter(({ ord }) => Number(ord) < 150 || Number(ord) > 160)
        .map((each) => ({ ...each, market: BTC })),
    );
    scene.repair();
    const [gap] = await scene.ended("unrepairable");
    expect(gap?.reason).toMatch(/holds raw trades/);
  });
});
