import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Candle } from "../../src/domain/candle.js";
import type { Ticker } from "../../src/live/ticker.js";
import { timeText } from "../../web/frame/time-text.js";
import { bollinger } from "../../web/indicators/bollinger.js";
import { ema } from "../../web/indicators/ema.js";
import { macd } from "../../web/indicators/macd.js";
import { rsi } from "../../web/indicators/rsi.js";
import { sessionVwap } from "../../web/indicators/session-vwap.js";
import { sma } from "../../web/indicators/sma.js";
import { annualisedVolatility } from "../../web/indicators/volatility.js";
import { type Process, until } from "../support/app.js";
import { type TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { allCandles, chartOf, drawn, studiesOf, studyText, viewOf } from "./chart-reading.js";
import { INGEST_KEY, postTrades, wanderingTrades } from "./posted-market.js";
import { LEGEND_DECIMALS, legendOf, plain } from "./screen-text.js";
import { servedPage } from "./served-page.js";

const MINUTE = 60_000;
const LONG = "mine:LONG";
/**
 * Two days, over two midnights of UTC, and some minutes without a trade; the last day begins within
 * the newest 500.
 */
const MINUTES = 2_900;
const START = Date.UTC(2026, 9, 5, 6, 40);
const ALL_STUDIES = "sma7,ema50,vwap,bb20-2,vsma20,rsi14,macd12-26-9";

describeBrowser("the history of a market", () => {
  let app: Process;
  let browser: TestBrowser;
  let candles: Candle[];

  servedPage(
    () => ({ INGEST_KEYS: INGEST_KEY }),
    async (served) => {
      ({ app, browser } = served);
      await postTrades(app, LONG, wanderingTrades(START, MINUTES));
      candles = await allCandles(app, LONG);
    },
  );

  it("is scrolled back to its oldest candle by hand, wheel and keys, requests each page once, and equals REST", async () => {
    expect(candles.length).toBeGreaterThan(2_800);
    const watch = await browser.open(`${app.url}/m/${LONG}?o=${ALL_STUDIES}&tz=UTC`);
    const { page } = watch;
    const requested: string[] = [];
    page.on("request", (request) => {
      if (/candles\?.*end=/.test(request.url())) requested.push(request.url());
    });
    // The first page of older candles has to wait.
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    await page.route(/candles\?.*end=/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByTestId("legend").waitFor();
    const state = page.locator(".chart-notes [role=status]");
    expect(requested).toEqual([]);
    const start = async (): Promise<number> => (await viewOf(page)).start;
    await until(async () => (await start()) > 0, 30_000);
    const box = await chartOf(page).boundingBox();
    if (box === null) throw new Error("no chart");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 3];
    const ways = [
      async () => {
        await page.mouse.move(x - 300, y);
        await page.mouse.down();
        await page.mouse.move(x + 300, y, { steps: 4 });
        await page.mouse.up();
      },
      async () => {
        await page.mouse.move(x, y);
        await page.mouse.wheel(-1_200, 0);
      },
      async () => {
        await chartOf(page).focus();
        await page.keyboard.press("PageUp");
      },
    ];
    for (const way of ways) {
      const before = await start();
      await way();
      await until(async () => (await start()) < before - 20 * MINUTE, 30_000);
    }
    for (let times = 0; requested.length === 0 && times < 10; times++) {
      await page.keyboard.press("PageUp");
      await drawn(page);
    }
    await until(async () => (await state.innerText()) === "Loading…", 30_000);
    await page.screenshot({ path: pictureFile("history-loading") });
    expect(requested).toHaveLength(1);
    release();
    await until(async () => (await state.innerText()) === "", 30_000);
    for (let at = 0; !/^Begins/.test(await state.innerText()); at++) {
      if (at > 200) throw new Error("no end of it");
      await ways[at % ways.length]?.();
      await drawn(page);
    }
    expect(await state.innerText()).toBe(
      `Begins ${timeText(candles[0]?.openTime ?? 0, "UTC", "dayMinute")}`,
    );
    await until(
      async () => {
        await page.keyboard.press("PageUp");
        return (await start()) === candles[0]?.openTime;
      },
      30_000,
      () => "the oldest candle is not in view",
    );
    await sleep(500);
    expect(new Set(requested).size).toBe(requested.length);
    expect(requested).toHaveLength(Math.ceil((candles.length - 500) / 1_000));

    await page.keyboard.press("End");
    await walk(page, candles);
    expect(await watch.allFaults()).toEqual([]);
  }, 180_000);

  it("has the figures of 24 h, the volatility and the pressure that REST's candles give", async () => {
    const watch = await browser.open(`${app.url}/m/${LONG}`);
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    const ticker = await app.get<Ticker>(`/api/v1/markets/${LONG}/ticker`);
    const kpi = (name: string): Promise<string> => page.getByTestId(`kpi-${name}`).innerText();
    const exact = (name: string): Promise<string | null> =>
      page.locator(".kpi", { has: page.getByTestId(`kpi-${name}`) }).getAttribute("title");
    expect({
      last: plain(await kpi("last")),
      base: plain((await exact("volume")) ?? ""),
      quote: plain((await exact("quote-volume")) ?? ""),
      vwap: await kpi("vwap"),
      rate: Number(plain(await kpi("trades-per-minute"))),
    }).toEqual({
      last: ticker.last,
      base: ticker.volume,
      quote: ticker.quoteVolume,
      vwap: studyText(Number(ticker.quoteVolume) / Number(ticker.volume)),
      rate: Number(ticker.tradesPerMinute.toFixed(1)),
    });
    const closed = candles.slice(-481).filter((candle) => candle.closed);
    const volatility = annualisedVolatility(
      closed.map(({ close }) => Number(close)),
      closed.map(({ openTime }) => openTime),
    );
    expect(await kpi("volatility")).toBe(`${(volatility * 100).toFixed(1)} %`);
    await page.getByText("Volatility p. a. (8 h of 1m)").waitFor();
    const rows = page.getByRole("table", { name: "Buy and sell pressure" }).getByRole("row");
    const newest = candles.at(-1)?.openTime ?? 0;
    for (const [at, minutes] of [1, 5, 15].entries()) {
      const window = candles.filter(({ openTime }) => openTime > newest - minutes * MINUTE);
      const sum = (field: "volume" | "takerBuyVolume"): number =>
        window.reduce((total, candle) => total + Number(candle[field]), 0);
      const share = (100 * sum("takerBuyVolume")) / sum("volume");
      expect(await rows.nth(at).innerText()).toMatch(
        new RegExp(`^${minutes} min\\s+▲ ${share.toFixed(1)} %\\s+▼ ${(100 - share).toFixed(1)} %`),
      );
    }
    expect(await watch.allFaults()).toEqual([]);
  });

  it("says wherever it appears how old a market is that nobody follows", async () => {
    const end = (candles.at(-1)?.closeTime ?? 0) + 1;
    const days = Math.floor((Date.now() - end) / (24 * 60 * MINUTE));
    expect(await app.get<Ticker>(`/api/v1/markets/${LONG}/ticker`)).toMatchObject({ stale: true });
    const watch = await browser.open(`${app.url}/m/${LONG}?tz=UTC`);
    const { page } = watch;
    await page.getByTestId("kpi-age").getByText(`${days} d old`).waitFor();
    const kpis = await page.locator(".kpis").innerText();
    expect(kpis).toContain(`Until ${timeText(end, "UTC", "dayMinute")}`);
    expect(kpis).toContain("Volume 24 h before, base");
    expect(kpis).not.toMatch(/24 h(?! before)/);
    const tape = page.getByRole("region", { name: "Trades", exact: true });
    await tape.locator(".tape-state", { hasText: `■ Not live: ${days} d old` }).waitFor();
    expect(await tape.locator(".tape-rows tbody td").first().innerText()).toMatch(
      new RegExp(`^${timeText(end - 1, "UTC", "day")} `),
    );
    await until(async () => (await page.title()).includes(`(${days} d old)`), 5_000);
    await page.goto(`${app.url}/`);
    const row = page.locator(`tr[data-market="${LONG}"]`);
    await row.getByText(`${days} d old`).waitFor();
    expect(await row.locator("td.state").first().innerText()).toMatch(/unknown|was complete/);
    await page.screenshot({ path: pictureFile("old-market") });
    expect(await watch.allFaults()).toEqual([]);
  });

  /**
   * From the newest candle to the oldest, every tenth: all fields, and all studies as the functions
   * have them.
   */
  async function walk(page: Page, all: readonly Candle[]): Promise<void> {
    const expected = expectedStudies(all);
    await chartOf(page).focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowLeft");
    let compared = 0;
    for (let at = all.length - 1; at >= 0; at = at === 0 ? -1 : step(at)) {
      const candle = all[at];
      const text = timeText(candle?.openTime ?? 0, "UTC");
      await until(
        async () => (await legendOf(page))["Time"] === text,
        30_000,
        () => `no legend of ${text}`,
      );
      const legend = await legendOf(page);
      for (const [name, field] of Object.entries(LEGEND_DECIMALS))
        expect([text, field, plain(legend[name] ?? "")]).toEqual([text, field, candle?.[field]]);
      expect([text, await studiesOf(page)]).toEqual([text, expected(at)]);
      compared++;
      await page.keyboard.press("Shift+ArrowLeft");
    }
    expect(compared).toBeGreaterThan(280);
  }
});

/** Index of the candle that ten steps to the left lead to. */
function step(at: number): number {
  return Math.max(0, at - 10);
}

/** The legend's expected texts of the studies at an index. */
function expectedStudies(rows: readonly Candle[]): (at: number) => Record<string, string[]> {
  const closes = rows.map(({ close }) => Number(close));
  const volume = rows.map((row) => Number(row.volume));
  const { middle, upper, lower } = bollinger(closes, 20, 2);
  const wave = macd(closes, { fast: 12, slow: 26, signal: 9 });
  const { vwap } = sessionVwap(
    {
      openTime: rows.map(({ openTime }) => openTime),
      volume,
      quoteVolume: rows.map(({ quoteVolume }) => Number(quoteVolume)),
    },
    true,
  );
  const lines: Record<string, number[][]> = {
    "SMA 7": [sma(closes, 7)],
    "EMA 50": [ema(closes, 50)],
    VWAP: [vwap],
    "BB 20 2": [middle, upper, lower],
    "Volume SMA 20": [sma(volume, 20)],
    "RSI 14": [rsi(closes, 14).rsi],
    "MACD 12 26 9": [wave.histogram, wave.macd, wave.signal],
  };
  return (at) =>
    Object.fromEntries(
      Object.entries(lines).map(([name, values]) => [
        name,
        values.map((each) => studyText(each[at] ?? NaN)),
      ]),
    );
}
