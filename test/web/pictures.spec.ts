import { copyFileSync } from "node:fs";
import type { Status } from "../../src/api/system/status.js";
import { Process, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { TestBrowser, describeBrowser, pictureFile } from "./browser.js";

// First those with a typical price in the simulated venue, then others.
const SYMBOLS = [
  ...["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "ADAUSDT", "AVAXUSDT"],
  ...["AAVEUSDT", "BCHUSDT", "COMPUSDT", "DASHUSDT", "ETCUSDT", "INJUSDT"],
  ...["LINKUSDT", "LTCUSDT", "SUIUSDT", "XMRUSDT"],
];

/** With README_PICTURES=1 these become the README's. */
function keep(name: string): void {
  if (process.env["README_PICTURES"] === "1") copyFileSync(pictureFile(name), `docs/${name}.png`);
}

/** A day of simulated history: the first view without an exchange. */
describeBrowser("pictures", () => {
  let app: Process;
  let browser: TestBrowser;
  const size = { width: 1280, height: 720 };

  beforeAll(async () => {
    const settings = {
      DATABASE_URL: await createDatabase(),
      FEEDS: SYMBOLS.map((symbol) => `sim:${symbol}`).join(),
      SIM_RATE: "0.15",
    };
    app = await (await Process.start(["serve"], settings)).ready();
    await until(async () => (await app.get<Status>("/api/v1/status")).waiting === null, 180_000);
    browser = await TestBrowser.start();
  }, 240_000);

  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it("are taken of the overview in light colours, with a line of the last day for each market", async () => {
    const { page } = await browser.open(`${app.url}/`, {
      ...size,
      colours: "light",
    });
    const lines = page.locator("tr[data-market] svg path");
    await until(async () => (await lines.count()) === SYMBOLS.length, 20_000);
    for (const line of await lines.all())
      expect((await line.getAttribute("d"))?.length).toBeGreaterThan(200);
    await page.screenshot({ path: pictureFile("overview-light") });
    keep("overview-light");
  });

  it("are taken of a chart in dark colours, with overlays and panes", async () => {
    const { page } = await browser.open(`${app.url}/m/sim:BTCUSDT?i=5m&o=ema20,bb20,vsma20,rsi14`, {
      ...size,
      colours: "dark",
    });
    await page.getByTestId("legend").waitFor();
    await page.waitForLoadState("networkidle");
    await until(async () => (await page.locator(".tape tr[data-id]").count()) > 10, 20_000);
    await page.screenshot({ path: pictureFile("chart-dark") });
    keep("chart-dark");
  });
});
