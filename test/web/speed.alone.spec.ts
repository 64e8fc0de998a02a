import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Process } from "../support/app.js";
import { limitHereMs } from "../support/machine-speed.js";
import { type TestBrowser, describeBrowser, noteFigure } from "./browser.js";
import type { TaskTime } from "./trace.js";
import { SYMBOLS, twoHundredMarkets } from "./two-hundred-markets.js";

const WINDOW_MS = 8_000;
const WINDOWS = 4;
const LOADS = 3;
/**
 * A browser's limit of a long task, for the machine of docs/performance.md; longer on a slower one.
 */
const LONG_MS = limitHereMs(50);
/** To the first prices on screen, on the same machine. */
const FIRST_DATA_MS = limitHereMs(1_000);

/**
 * Runs with nothing else beside it (`test/support/grouped-runner.js`): every window and every load
 * has to be good.
 */
describeBrowser("the speed of a page of two hundred markets", () => {
  let app: Process;
  let browser: TestBrowser;

  twoHundredMarkets((served) => {
    ({ app, browser } = served);
  });

  it.each(["/", "/m/sim:M007USDT?o=sma20,bb20,vwap,rsi14,macd", "/system"])(
    "loads without a long task, with data on screen within a second: %s",
    async (path) => {
      const loads: { ms: number; longest: number[]; tasks: TaskTime[] }[] = [];
      for (let times = 0; times < LOADS; times++) {
        let ms = NaN;
        // The browser's process for it is there by then.
        const watch = await browser.open("about:blank");
        const { page } = watch;
        const all = await browser.tasksOf(page, async () => {
          await page.goto(app.url + path);
          if (path !== "/system") ms = await watch.firstData();
          await page.waitForLoadState("networkidle");
          await sleep(500);
        });
        const longest = all
          .map(({ cpuMs }) => cpuMs)
          .sort((a, b) => b - a)
          .slice(0, 3);
        const tasks = all.filter(({ wallMs }) => wallMs > LONG_MS);
        loads.push({ ms, longest, tasks });
        await browser.closePages();
      }
      noteFigure(`loading ${path}, limit ${LONG_MS}: ${JSON.stringify(loads)}`);
      // Only the page's CPU time: a browser that has just opened a page needs both cores for
      // itself.
      const longest = loads.flatMap((load) => load.longest);
      expect(longest).toHaveLength(3 * LOADS);
      expect(longest.filter((cpuMs) => cpuMs > LONG_MS)).toEqual([]);
      expect(loads.filter(({ ms }) => ms >= FIRST_DATA_MS)).toEqual([]);
    },
  );

  it("keeps up with the default flush without a long task, on less than half a core", async () => {
    const watch = await browser.open(`${app.url}/`);
    const { page } = watch;
    const ms = await watch.firstData();
    const table = page.getByRole("table", { name: "Markets" });
    expect(await table.getAttribute("aria-rowcount")).toBe(String(SYMBOLS.length + 1));
    const rows = await table.locator("tr[data-market]").count();
    expect(rows).toBeGreaterThan(10);
    expect(rows).toBeLessThan(80);
    await page.waitForLoadState("networkidle");
    const windows: { load: number; longTasks: number[]; changes: number }[] = [];
    await sleep(1_000);
    await watch.longTasks();
    for (let times = 0; times < WINDOWS; times++) {
      const cpu = await browser.cpuSeconds();
      const begin = performance.now();
      const changes = await changedRows(page, WINDOW_MS);
      const seconds = (performance.now() - begin) / 1_000;
      windows.push({
        load: ((await browser.cpuSeconds()) - cpu) / seconds,
        longTasks: await watch.longTasks(),
        changes,
      });
    }
    noteFigure(`${SYMBOLS.length} markets: ${JSON.stringify({ ms, windows })}`);
    const longTasks = windows.flatMap((window) => window.longTasks);
    expect(longTasks.filter((ms) => ms > LONG_MS)).toEqual([]);
    expect(windows.filter(({ load }) => load >= 0.5)).toEqual([]);
    // There was load: half a trade per second and market.
    expect(windows.filter(({ changes }) => changes <= rows)).toEqual([]);
    expect(await watch.allFaults()).toEqual([]);
  });

  it("scrolls through all of them and sorts and filters them without a long task", async () => {
    const watch = await browser.open(`${app.url}/`);
    const { page } = watch;
    await watch.firstData();
    await page.waitForLoadState("networkidle");
    await sleep(500);
    await watch.longTasks();
    await page.locator(".scroller").evaluate(async (scroller) => {
      for (let top = 0; top <= scroller.scrollHeight; top += 300) {
        scroller.scrollTop = top;
        await new Promise((done) => requestAnimationFrame(done));
      }
    });
    for (const name of ["Last", "Volume", "24 h", "Market"])
      await page.getByRole("button", { name, exact: true }).click();
    const filter = page.getByRole("searchbox", { name: "Filter markets" });
    await filter.fill("M19");
    await page.getByText("10 of 200").waitFor();
    await filter.fill("");
    await page.getByText("200", { exact: true }).waitFor();
    const longTasks = await watch.longTasks();
    expect(longTasks.filter((ms) => ms > LONG_MS)).toEqual([]);
  });
});

/** How often the visible prices were updated. */
function changedRows(page: Page, ms: number): Promise<number> {
  return page.evaluate(async (wait) => {
    let changes = 0;
    const look = new MutationObserver((records) => (changes += records.length));
    const body = document.querySelector("table.markets tbody");
    if (body === null) throw new Error("no table");
    look.observe(body, { subtree: true, characterData: true, childList: true });
    await new Promise((done) => setTimeout(done, wait));
    look.disconnect();
    return changes;
  }, ms);
}
