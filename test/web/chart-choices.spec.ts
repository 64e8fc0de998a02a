import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import { timeText } from "../../web/frame/time-text.js";
import { macd } from "../../web/indicators/macd.js";
import { rsi } from "../../web/indicators/rsi.js";
import { sma } from "../../web/indicators/sma.js";
import { type Process, until } from "../support/app.js";
import { type TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { allCandles, chartOf, drawn, studiesOf, studyText, viewOf } from "./chart-reading.js";
import { type DrawnText, drawnTexts, pixelsOf, recordDrawn, tokenColour } from "./drawn.js";
import { INGEST_KEY, postTrades, wanderingTrades } from "./posted-market.js";
import { legendOf } from "./screen-text.js";
import { servedPage } from "./served-page.js";

const MINUTE = 60_000;
const LONG = "mine:LONG";
const STEPS = "mine:STEPS";
const MINUTES = 2_000;
const START = Date.UTC(2026, 9, 5, 13, 20);

describeBrowser("what can be chosen of a chart", () => {
  let app: Process;
  let browser: TestBrowser;
  let candles: Candle[];

  servedPage(
    () => ({ INGEST_KEYS: INGEST_KEY }),
    async (served) => {
      ({ app, browser } = served);
      await postTrades(app, LONG, wanderingTrades(START, MINUTES));
      await postTrades(
        app,
        STEPS,
        Array.from({ length: 90 }, (_, minute) => ({
          time: START + minute * MINUTE,
          price: String(10 * 10 ** Math.floor(minute / 30)),
          amount: "1",
        })),
      );
      candles = await allCandles(app, LONG);
    },
  );

  it("is shown with changed periods, and a link reproduces all of it for another visitor", async () => {
    const first = await browser.open(`${app.url}/m/${LONG}?tz=UTC`);
    const { page } = first;
    await page.getByTestId("legend").waitFor();
    await page.getByText("Indicators", { exact: true }).click();
    for (const name of ["+ EMA", "+ VWAP", "+ BB", "+ RSI", "+ MACD"])
      await page.getByRole("button", { name, exact: true }).click();
    for (const [name, value] of [
      ["SMA period", "9"],
      ["MACD slow", "31"],
      ["RSI period", "8"],
      ["BB deviations", "2.5"],
      ["Volume SMA period", "11"],
    ] as const)
      await page.getByRole("spinbutton", { name, exact: true }).fill(value);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "5m", exact: true }).click();
    await page.getByRole("button", { name: "Log", exact: true }).click();
    await page.getByRole("combobox", { name: "Time zone" }).selectOption("Asia/Tokyo");
    await until(() => new URL(page.url()).searchParams.get("tz") === "Asia/Tokyo", 30_000);
    const fives = await allCandles(app, LONG, "5m");
    await until(
      async () =>
        (await legendOf(page))["Time"] === timeText(fives.at(-1)?.openTime ?? 0, "Asia/Tokyo"),
      30_000,
    );
    const values = await studiesOf(page);
    expect(Object.keys(values).toSorted()).toEqual(
      [
        ...["SMA 9", "EMA 50", "VWAP", "BB 20 2.5", "RSI 8"],
        ...["MACD 12 31 9", "Volume SMA 11"],
      ].toSorted(),
    );
    const closes = fives.map(({ close }) => Number(close));
    const last = (numbers: readonly number[]): number => numbers.at(-1) ?? NaN;
    expect(values["SMA 9"]).toEqual([studyText(last(sma(closes, 9)))]);
    expect(values["RSI 8"]).toEqual([studyText(last(rsi(closes, 8).rsi))]);
    const { histogram, macd: line } = macd(closes, {
      fast: 12,
      slow: 31,
      signal: 9,
    });
    expect(values["MACD 12 31 9"]?.slice(0, 2)).toEqual(
      [histogram, line].map((each) => studyText(last(each))),
    );

    // Away from the newest candle, and zoomed in.
    await chartOf(page).focus();
    for (const key of ["+", "PageUp", "PageUp", "+"]) {
      await page.keyboard.press(key);
      await drawn(page);
    }
    await until(() => /[?&]from=\d+&to=\d+/.test(page.url()), 30_000);
    await sleep(600);
    const second = await browser.open(page.url());
    await second.page.getByTestId("legend").waitFor();
    await until(
      async () => JSON.stringify(await viewOf(second.page)) === JSON.stringify(await viewOf(page)),
      30_000,
    );
    expect(second.page.url()).toBe(page.url());
    expect(await legendOf(second.page)).toEqual(await legendOf(page));
    expect(await studiesOf(second.page)).toEqual(values);
    const pressed = second.page.getByRole("button", { pressed: true });
    expect(await pressed.allInnerTexts()).toEqual(["5m", "Log"]);
    await second.page.screenshot({ path: pictureFile("link") });
    for (const watch of [first, second]) expect(await watch.allFaults()).toEqual([]);
  });

  it("has a price axis in equal steps, or in equal ratios", async () => {
    const watch = await browser.open(`${app.url}/m/${STEPS}?tz=UTC&o=rsi14,macd`, {
      scripts: [recordDrawn],
    });
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    const up = await tokenColour(page, "up");
    /** Heights at which there is much of the candles' colour: those of 1000, 100 and 10. */
    const levels = async (): Promise<number[]> => {
      await drawn(page);
      const rows = new Map<number, number>();
      for (const { y } of await pixelsOf(page, up)) rows.set(y, (rows.get(y) ?? 0) + 1);
      const lines = [...rows]
        .filter(([, count]) => count > 60)
        .map(([y]) => y)
        .sort((a, b) => a - b);
      return lines.filter((y, at) => y - (lines[at - 1] ?? -9) > 3);
    };
    await until(async () => (await levels()).length === 3, 30_000);
    const ratio = ([top = 0, middle = 0, bottom = 0]: number[]): number =>
      (middle - top) / (bottom - middle);
    expect(Math.abs(ratio(await levels()) - 10)).toBeLessThan(1);
    // Volume, RSI and MACD have axes of their own, which stay as they are.
    const others = async (): Promise<DrawnText[]> => {
      const panes = await page.locator(".chart-canvas tr").all();
      const box = await panes[0]?.boundingBox();
      const below = (box?.y ?? 0) + (box?.height ?? NaN);
      return (await drawnTexts(page)).filter(({ y }) => y > below);
    };
    const before = await others();
    expect(before.length).toBeGreaterThan(5);
    await page.getByRole("button", { name: "Log", exact: true }).click();
    await until(async () => ratio(await levels()) < 2, 30_000);
    expect(Math.abs(ratio(await levels()) - 1)).toBeLessThan(0.05);
    expect(await others()).toEqual(before);
    // Also when they are created later: by a link, and by an added study.
    await page.reload();
    await page.getByTestId("legend").waitFor();
    await until(async () => ratio(await levels()) < 2, 30_000);
    await until(
      async () => JSON.stringify(await others()) === JSON.stringify(before),
      30_000,
      () => JSON.stringify(before),
    );
    expect(await watch.allFaults()).toEqual([]);
  });

  it.each(["UTC", "Asia/Tokyo", "America/New_York"])(
    "has times of %s in the legend and on the axis, days beginning at its midnight",
    async (zone) => {
      const from = candles.at(-1_700)?.openTime ?? 0;
      const to = candles.at(-1)?.openTime ?? 0;
      const watch = await browser.open(`${app.url}/m/${LONG}?from=${from}&to=${to}&tz=${zone}`, {
        scripts: [recordDrawn],
      });
      const { page } = watch;
      await page.getByTestId("legend").waitFor();
      const local = (time: number): string => timeText(time, zone);
      const midnight = candles.find(
        ({ openTime }) =>
          openTime > from + 200 * MINUTE &&
          openTime < to - 200 * MINUTE &&
          local(openTime).endsWith("00:00:00"),
      );
      if (midnight === undefined) throw new Error("no midnight in view");
      await until(
        async () => (await viewOf(page)).start === from,
        30_000,
        () => page.url(),
      );
      await chartOf(page).focus();
      const wanted = timeText(midnight.openTime, zone);
      const steps = candles.length - candles.findIndex((each) => each === midnight);
      for (let left = steps; left > 0; left -= left >= 10 ? 10 : 1)
        await page.keyboard.press(left >= 10 ? "Shift+ArrowLeft" : "ArrowLeft");
      await until(
        async () => (await legendOf(page))["Time"] === wanted,
        30_000,
        () => wanted,
      );
      const label = timeText(midnight.openTime, zone, "dayMinute");
      const day = new Intl.DateTimeFormat("en-GB", {
        day: "numeric",
        month: "short",
        timeZone: zone,
      }).format(midnight.openTime);
      let texts = await drawnTexts(page);
      await until(
        async () => (texts = await drawnTexts(page)).some(({ text }) => text === label),
        30_000,
        () => JSON.stringify(texts),
      );
      const at = texts.find(({ text }) => text === label);
      const mark = texts.find(({ text }) => text === day);
      expect(Math.abs((mark?.x ?? NaN) - (at?.x ?? NaN))).toBeLessThan(2);
      expect(await watch.allFaults()).toEqual([]);
    },
  );
});
