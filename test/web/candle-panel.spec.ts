import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Candle } from "../../src/domain/candle.js";
import { type Process, until } from "../support/app.js";
import { seriousFindings } from "./accessibility.js";
import { type TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { Exchange } from "./exchange.js";
import { servedPage } from "./served-page.js";

const MINUTE = 60_000;

describeBrowser("the panel of a candle", () => {
  let exchange: Exchange;
  let app: Process;
  let browser: TestBrowser;
  let bucket: number;
  const path = (): string => `/api/v1/markets/${exchange.market}/candles`;

  beforeAll(async () => {
    exchange = await Exchange.start();
  });
  servedPage(
    () => ({ ...exchange.settings, INTERVALS: "1m" }),
    async (served) => {
      ({ app, browser } = served);
      await exchange.followed();
      // Three ended minutes; the middle one gets a late trade.
      bucket = exchange.now() - (exchange.now() % MINUTE) - 2 * MINUTE;
      exchange.print(100, bucket - MINUTE, "100");
      exchange.print(101, bucket, "100.5");
      // Two messages reach its end.
      exchange.print(103, bucket + MINUTE, "101.25");
      await sleep(5);
      exchange.print(104, bucket + MINUTE, "101.25");
      await becomes({ closed: true, revision: 0 });
      exchange.print(102, bucket + 500, "250.75", "3");
      await becomes({ closed: true, revision: 1 });
    },
  );
  afterAll(() => exchange.close());

  async function becomes(wanted: Partial<Candle>): Promise<void> {
    const query = `interval=1m&start=${bucket}&limit=1`;
    let candle: Partial<Candle> = {};
    await until(
      async () => {
        const page = await app.get<Candle[]>(`${path()}?${query}`).catch(() => []);
        candle = page[0] ?? {};
        return Object.entries(wanted).every(
          ([field, value]) => candle[field as keyof Candle] === value,
        );
      },
      20_000,
      () => `${JSON.stringify(candle)}\n${app.output.slice(-1_500)}`,
    );
  }

  const panelOf = (page: Page) => page.getByTestId("candle-panel");

  async function opened(): Promise<Page> {
    const { page } = await browser.open(`${app.url}/m/${exchange.market}?i=1m`);
    await page.getByTestId("legend").waitFor();
    return page;
  }

  /** Points at the revised candle. */
  async function pointAtRevised(page: Page): Promise<void> {
    const chart = page.getByRole("application", { name: /Price chart/ });
    await chart.focus();
    // The newest, then the one before it.
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.locator('[data-field="Revision"]').getByText("1", { exact: true }).waitFor();
  }

  it("opens by keyboard with history and evidence, and returns the focus", async () => {
    const page = await opened();
    await pointAtRevised(page);
    await page.keyboard.press("Enter");
    const panel = panelOf(page);
    await panel.getByText("Revised once after it closed").waitFor();
    const text = await panel.innerText();
    expect(text).toContain(
      `1m candle of ${new Date(bucket).toISOString().slice(0, 19).replace("T", " ")}`,
    );
    for (const part of [
      "the same in every field",
      "Every trade is recorded (ids 101 to 102)",
      "2 live",
      "the venue sent a trade late: 1 trade more",
      "high 100.5 → 250.75",
      "volume 1 → 4",
      "last id 101 → 102",
    ])
      expect(text).toContain(part);
    await page.screenshot({ path: pictureFile("candle-panel") });
    expect(await seriousFindings(page)).toEqual([]);
    const link = panel.getByRole("link", { name: "All of it as JSON" });
    expect(await link.getAttribute("href")).toBe(
      `/api/v1/markets/${encodeURIComponent(exchange.market)}/candles/${bucket}/explain?interval=1m`,
    );
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe(
      "application",
    );
  });

  it("opens by a click on the marked candle, closes by its button and by a click beside it", async () => {
    const page = await opened();
    await pointAtRevised(page);
    const hint = page.getByTestId("explanation");
    expect(await hint.innerText()).toContain("Click, or press Enter");
    // It stands to the left of the cross-hair, since the candle is among the newest.
    const [chart, box] = [
      await page.locator(".chart-canvas").boundingBox(),
      await hint.boundingBox(),
    ];
    if (chart === null || box === null) throw new Error("nothing is drawn");
    const x = box.x + box.width + 16;
    await page.mouse.click(x, chart.y + chart.height / 3);
    const panel = panelOf(page);
    await panel.getByText("Revised once after it closed").waitFor();
    await panel.getByRole("button", { name: "Close" }).click();
    await panel.waitFor({ state: "detached" });
    await page.mouse.click(x, chart.y + chart.height / 3);
    await panel.waitFor();
    await page.mouse.click(5, 5);
    await panel.waitFor({ state: "detached" });
  });

  it("shows the API's own text for a candle that cannot be explained", async () => {
    const page = await opened();
    await page.route("**/explain?*", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "busy", detail: "Too many at once." }),
      }),
    );
    await pointAtRevised(page);
    await page.keyboard.press("Enter");
    expect(await panelOf(page).getByRole("alert").innerText()).toContain(
      "Too many at once. (503, busy)",
    );
  });
});
