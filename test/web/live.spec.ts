import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Candle } from "../../src/domain/candle.js";
import type { Ticker } from "../../src/live/ticker.js";
import { Process, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { freePort } from "../support/postgres.js";
import { TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { pixelsOf, tokenColour } from "./drawn.js";
import { Exchange } from "./exchange.js";
import { LEGEND_DECIMALS, legendOf, plain, rowOf } from "./screen-text.js";

const SECOND = 1_000;
/** Browser errors for an unreachable server. */
const GONE = /ERR_CONNECTION|WebSocket|Failed to load resource/;

describeBrowser("the live page", () => {
  let exchange: Exchange;
  let settings: Record<string, string>;
  let app: Process;
  let browser: TestBrowser;
  const candles = (query = "limit=1000"): Promise<Candle[]> =>
    app.get<Candle[]>(`/api/v1/markets/${exchange.market}/candles?interval=1s&${query}`);

  beforeAll(async () => {
    exchange = await Exchange.start();
    settings = {
      ...exchange.settings,
      DATABASE_URL: await createDatabase(),
      INTERVALS: "1s,1m",
      PORT: String(await freePort()),
    };
    app = await (await Process.start(["serve"], settings)).ready();
    await exchange.followed();
    browser = await TestBrowser.start();
  }, 120_000);

  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await exchange.close();
  });

  /** Fields of the legend that the API names otherwise, as the API writes them. */
  async function shown(page: Page): Promise<Partial<Candle>> {
    const legend = await legendOf(page);
    return {
      ...Object.fromEntries(
        Object.entries(LEGEND_DECIMALS).map(([name, field]) => [field, plain(legend[name] ?? "")]),
      ),
      closed: legend["State"] === "closed",
      version: Number(legend["Version"]),
      revision: Number(legend["Revision"]),
    };
  }

  /** Waits until the page shows the candle as REST returns it. */
  async function showsCandle(page: Page, openTime: number): Promise<Candle> {
    let truth: Candle | undefined;
    let seen: Partial<Candle> = {};
    await until(
      async () => {
        [truth] = await candles(`start=${openTime}&limit=1`);
        seen = await shown(page);
        return Object.entries(seen).every(
          ([field, value]) => truth?.[field as keyof Candle] === value,
        );
      },
      30_000,
      () => `${JSON.stringify({ seen, truth })}\n${app.output.slice(-1_500)}`,
    );
    return truth as Candle;
  }

  /** Open time of a second that has just begun, without a trade. */
  async function freshBucket(): Promise<number> {
    const now = exchange.now();
    const bucket = now - (now % SECOND) + SECOND;
    // A timer of a busy process may end early.
    while (exchange.now() < bucket) await sleep(5);
    return bucket;
  }

  it("shows what it waits for while there is no trade, and then the first one", async () => {
    const watch = await browser.open(`${app.url}/`);
    const { page } = watch;
    await page.getByText("waiting for the first trade", { exact: false }).first().waitFor();
    await page.screenshot({ path: pictureFile("first-start") });
    exchange.print(100, exchange.now(), "99.5");
    expect(await watch.firstData()).toBeGreaterThan(0);
    expect(plain((await rowOf(page, exchange.market)).text["Last"] ?? "")).toBe("99.5");
    expect(await watch.allFaults()).toEqual([]);
  });

  it("closes a candle live, redraws it when a late trade revises it, and shows what changed", async () => {
    const watch = await browser.open(`${app.url}/m/${exchange.market}?i=1s`);
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    const bucket = await freshBucket();
    exchange.print(101, bucket, "100.5");
    const open = await showsCandle(page, bucket);
    expect(open.closed).toBe(false);
    // Id 102 is missing; two trades a second later close the bucket.
    exchange.print(103, bucket + SECOND, "101.25", "0.000001");
    await sleep(5);
    exchange.print(104, bucket + SECOND, "101.25", "0.000001");
    await showsCandle(page, bucket + SECOND);
    const chart = page.getByRole("application", { name: /Price chart/ });
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    // On a busy machine both came as one: then the feed's clock closes it.
    await until(async () => (await shown(page)).closed === true, 30_000);
    const closed = await showsCandle(page, bucket);
    expect(closed).toMatchObject({
      closed: true,
      high: "100.5",
      complete: false,
    });
    const colour = await tokenColour(page, "accent");
    expect(await pixelsOf(page, colour)).toEqual([]);

    exchange.print(102, bucket + 500, "250.75", "3");
    await until(async () => (await shown(page)).high === "250.75", 30_000);
    const revised = await showsCandle(page, bucket);
    expect(revised).toMatchObject({
      closed: true,
      high: "250.75",
      volume: "4",
    });
    expect(revised.revision).toBeGreaterThan(closed.revision);
    // Why it was revised comes with a request of its own.
    const explanation = (): Promise<string> => page.getByTestId("explanation").innerText();
    const wanted = /Revised[\s\S]*high: 100.5 → 250.75[\s\S]*volume: 1 → 4/;
    await until(async () => wanted.test(await explanation()), 30_000);
    await page.screenshot({ path: pictureFile("revision") });
    await until(async () => (await pixelsOf(page, colour)).length > 20, 30_000);
    expect(await watch.allFaults()).toEqual([]);
  });

  it("shows trades as they arrive, filtered by size, and pauses under the pointer", async () => {
    const { page } = await browser.open(`${app.url}/m/${exchange.market}`);
    const rows = page.getByRole("region", { name: /Newest trades/ });
    await rows.getByRole("row").nth(1).waitFor();
    const ids = (): Promise<(string | null)[]> =>
      rows
        .locator("tr[data-id]")
        .evaluateAll((all) => all.map((row) => row.getAttribute("data-id")));
    // Trades 103 and 104 belong to a second that has not arrived yet.
    await freshBucket();
    exchange.print(105, exchange.now(), "101.5", "7");
    await until(async () => (await ids())[0] === "105", 30_000);
    expect(await rows.locator("tr[data-id='105']").innerText()).toMatch(
      /▲ buy\s+101\.50*\s+7(\.0*)?$/,
    );
    await rows.hover();
    exchange.print(106, exchange.now(), "101.75", "2");
    await page.getByText(/Paused, 1 new/).waitFor();
    expect((await ids())[0]).toBe("105");
    await page.mouse.move(5, 5);
    await until(async () => (await ids())[0] === "106", 30_000);
    await page.getByRole("textbox", { name: /Minimum size/ }).fill("3");
    await until(async () => (await ids()).join() === "105,102", 5_000);
  });

  it("greys out when the server is killed, and recovers to exactly the data of REST", async () => {
    const chart = await browser.open(`${app.url}/m/${exchange.market}?i=1s`);
    const overview = await browser.open(`${app.url}/`);
    for (const watch of [chart, overview]) {
      watch.expected = GONE;
      await watch.firstData();
    }
    const { page } = chart;
    const [before] = (await candles()).slice(-1);
    await app.kill();
    for (const watch of [chart, overview]) {
      const note = watch.page.getByRole("region", { name: "Connection lost" });
      await note.waitFor();
      const greyed = watch.page.locator("html[data-stale] .live-data").first();
      await greyed.waitFor();
      expect(await greyed.evaluate((part) => getComputedStyle(part).filter)).toBe("grayscale(1)");
      const age = note.getByTestId("data-age");
      const first = await age.innerText();
      await until(async () => (await age.innerText()) !== first, 30_000);
    }
    await page.screenshot({ path: pictureFile("connection-lost") });
    await exchange.unfollowed();
    for (const id of [107, 108]) exchange.printMissed(id, exchange.now(), "500");

    app = await (await Process.start(["serve"], settings)).ready();
    await exchange.followed();
    const bucket = await freshBucket();
    exchange.print(109, bucket, "102.125", "0.5");
    for (const watch of [chart, overview])
      await until(async () => (await watch.page.locator("html[data-stale]").count()) === 0, 30_000);
    await showsCandle(page, bucket);
    const ticker = await app.get<Ticker>(`/api/v1/markets/${exchange.market}/ticker`);
    expect(ticker).toMatchObject({ last: "102.125", complete: false });
    await until(
      async () => plain(await page.getByTestId("kpi-last").innerText()) === "102.125",
      30_000,
    );
    const { title } = await rowOf(overview.page, exchange.market);
    expect(plain(title["Volume"] ?? "")).toBe(ticker.volume);
    await page.getByText(/stretch(es)? with missing trades/).waitFor();

    // Candle by candle, back to those before the server was killed.
    const truth = (await candles()).toReversed();
    expect(truth.length).toBeGreaterThan(3);
    expect(truth.map(({ openTime }) => openTime)).toContain(before?.openTime);
    await page.getByRole("application", { name: /Price chart/ }).focus();
    for (const candle of truth) {
      await page.keyboard.press("ArrowLeft");
      await showsCandle(page, candle.openTime);
    }
    await sleep(200);
    for (const watch of [chart, overview]) expect(await watch.allFaults()).toEqual([]);
  });
});
