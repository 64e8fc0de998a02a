import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { System } from "../../src/api/system/system.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Ticker } from "../../src/live/ticker.js";
import { type Process, until } from "../support/app.js";
import { seriousFindings } from "./accessibility.js";
import { type TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { chartOf, drawn } from "./chart-reading.js";
import { type Colour, drawnTexts, pixelsOf, recordDrawn, tokenColour } from "./drawn.js";
import { Exchange } from "./exchange.js";
import { legendOf, rowOf } from "./screen-text.js";
import { servedPage } from "./served-page.js";

const SECOND = 1_000;
/** Approximate width of both axes. */
const AXIS_PX = 72;

/** How the page shows stretches with missing trades and other doubtful data. */
describeBrowser("a chart with missing trades", () => {
  let exchange: Exchange;
  let app: Process;
  let browser: TestBrowser;
  /** Open time of the second before the gap, and of the one after. */
  let before: number;
  let after: number;

  beforeAll(async () => {
    exchange = await Exchange.start();
  });
  servedPage(
    () => ({ ...exchange.settings, INTERVALS: "1s,1m" }),
    async (served) => {
      ({ app, browser } = served);
      await exchange.followed();
      before = second(exchange.now() - 30 * SECOND);
      after = before + 4 * SECOND;
      let id = 100;
      for (let time = before - 20 * SECOND; time <= before; time += SECOND)
        exchange.print(id++, time, (100 + (id % 5)).toString());
      // Ids 121 to 127 are missing.
      id += 7;
      for (let time = after; time < after + 15 * SECOND; time += SECOND)
        exchange.print(id++, time, (100 + (id % 5)).toString());
      await until(
        async () =>
          (
            await app
              .get<Candle[]>(`/api/v1/markets/${exchange.market}/candles?interval=1s&limit=1000`)
              .catch(() => [])
          ).length === 36,
        20_000,
        () => app.output.slice(-1_500),
      );
    },
  );
  afterAll(() => exchange.close());

  const url = (query: string): string => `${app.url}/m/${exchange.market}?tz=UTC&${query}`;

  it("shades the gap, explains it under the pointer, by keyboard and in words", async () => {
    const watch = await browser.open(url("i=1s"));
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    const shade = mixed(await tokenColour(page, "card"), await tokenColour(page, "warn"), 0.1);
    await page.screenshot({ path: pictureFile("shaded") });
    let shaded = await pixelsOf(page, shade);
    await until(
      async () => (shaded = await pixelsOf(page, shade)).length > 200,
      30_000,
      () => `${shaded.length} pixels of ${shade.join()}`,
    );
    await page.screenshot({ path: pictureFile("shaded") });
    // From the candle before the gap to the one after, about six of 7 px, over the height of the
    // pane.
    const [left, right] = [
      Math.min(...shaded.map(({ x }) => x)),
      Math.max(...shaded.map(({ x }) => x)),
    ];
    expect(right - left).toBeGreaterThan(20);
    expect(right - left).toBeLessThan(60);
    const story =
      /7 trades are missing \(ids 121 to 127\), between \d\d:\d\d:\d\d and \d\d:\d\d:\d\d\./;
    const explanation = page.getByTestId("explanation");
    const box = await chartOf(page).boundingBox();
    const y = (box?.y ?? 0) + 150;
    await page.mouse.move((box?.x ?? 0) + (left + right) / 2, y);
    await explanation.waitFor();
    expect(await explanation.innerText()).toMatch(story);
    await page.screenshot({ path: pictureFile("explained") });
    await page.mouse.move((box?.x ?? 0) + left - 60, y);
    await explanation.waitFor({ state: "detached" });
    await page.mouse.move(0, 0);

    await chartOf(page).focus();
    const wanted = new Date(before).toISOString().slice(11, 19);
    await until(async () => {
      await page.keyboard.press("ArrowLeft");
      await drawn(page);
      return (await legendOf(page))["Time"]?.endsWith(wanted) === true;
    }, 20_000);
    expect((await legendOf(page))["Complete"]).toMatch(/^no/);
    expect(await explanation.innerText()).toMatch(story);
    expect(await explanation.innerText()).toMatch(/incomplete: a trade is missing/);
    await page.keyboard.press("Escape");

    const menu = page.getByText("1 stretch with missing trades");
    await menu.focus();
    await page.keyboard.press("Enter");
    expect(await page.locator(".missing").innerText()).toMatch(story);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await watch.allFaults()).toEqual([]);
  });

  it("is listed on the system page, with rejected records and their reasons, as the API returns it", async () => {
    // The id of a trade that is stored, and another time.
    exchange.print(105, exchange.now(), "101");
    let system: System | undefined;
    const watch = await browser.open(`${app.url}/system`);
    const { page } = watch;
    page.on("response", (response) => {
      if (!response.url().endsWith("/api/v1/system")) return;
      void response.json().then((body) => (system = body as System));
    });
    await until(() => system?.deadLetters.total === 1, 20_000);
    const part = (name: string): Promise<string> => page.getByRole("region", { name }).innerText();
    const shows = async (name: string, texts: string[]): Promise<void> =>
      until(
        async () => {
          const shown = (await part(name)).replaceAll(/\s+/g, " ");
          return texts.every((text) => shown.includes(text));
        },
        30_000,
        () => `${name} does not show ${texts.join(", ")}`,
      );
    const [letter] = system?.deadLetters.newest ?? [];
    expect(letter?.reason).toBe("id_conflict");
    await shows("Dead letters", [
      "Dead letters 1",
      "id_conflict",
      letter?.topic ?? "none",
      exchange.market,
      letter?.detail ?? "none",
    ]);
    await shows("Gaps", [`${exchange.market} 1 7`]);
    await shows("Feeds", ["1 of 1 live", `${exchange.market} ● live`, " ms "]);
    await shows("Mode", [
      "Prices live",
      "Database server",
      "Transport in-process",
      "DATABASE_URL is set: a PostgreSQL server",
      "ingestion, recorder, api",
    ]);
    await shows("Pipeline", [
      "recorder 0 0",
      "api 0 0",
      "assigned",
      ...(system?.queues ?? []).map(({ queue, depth }) => `${queue} ${depth}`),
    ]);
    expect(system?.queues.length).toBeGreaterThan(2);
    expect(await part("Pipeline")).toMatch(/median \d+(\.\d)? ms, 99 % within \d+(\.\d)? ms/);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await watch.allFaults()).toEqual([]);
  });

  it("is marked in the overview, beside the rate of trades and the state of the feed", async () => {
    const watch = await browser.open(`${app.url}/`);
    await watch.firstData();
    const shown = async (): Promise<(string | undefined)[]> => {
      const { text } = await rowOf(watch.page, exchange.market);
      return ["Complete", "Feed", "Trades/min"].map((name) => text[name]);
    };
    const [ticker] = await app.get<Ticker[]>("/api/v1/tickers");
    expect(ticker?.tradesPerMinute).toBeGreaterThan(0);
    const wanted = ["✕ gaps", "● live", ticker?.tradesPerMinute.toFixed(1)];
    await until(
      async () => (await shown()).join() === wanted.join(),
      30_000,
      () => wanted.join(),
    );
    expect(await watch.allFaults()).toEqual([]);
  });

  it("counts down by the exchange's clock, even if this computer's is wrong", async () => {
    const watch = await browser.open(url("i=1m"), {
      scripts: [recordDrawn, setClockBack],
    });
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    let id = 1_000;
    await until(
      async () => {
        exchange.print(id++, exchange.now(), "101");
        await sleep(300);
        const shown = await countdownOf(page);
        const left = 60 - (exchange.now() % 60_000) / SECOND;
        return shown !== undefined && Math.abs(shown - left) < 2;
      },
      30_000,
      () => "no countdown",
    );
  });
});

/** This computer's clock is wrong by 17.3 s. */
function setClockBack(): void {
  const real = Date.now.bind(Date);
  Date.now = () => real() - 17_300;
}

function second(time: number): number {
  return time - (time % SECOND);
}

function mixed(under: Colour, over: Colour, share: number): Colour {
  const [red, green, blue] = under.map((part, at) =>
    Math.round(part * (1 - share) + (over[at] ?? 0) * share),
  );
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** Seconds left, as shown on the price axis. */
async function countdownOf(page: Page): Promise<number | undefined> {
  const box = await chartOf(page).boundingBox();
  if (box === null) return undefined;
  const texts = await drawnTexts(page);
  const found = texts.find(
    ({ text, x, y }) =>
      /^\d\d:\d\d$/.test(text) &&
      x > box.x + box.width - AXIS_PX &&
      y < box.y + box.height - AXIS_PX,
  );
  if (found === undefined) return undefined;
  const [minutes = NaN, seconds = NaN] = found.text.split(":").map(Number);
  return minutes * 60 + seconds;
}
