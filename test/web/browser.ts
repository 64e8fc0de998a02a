import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { atSuiteEnd } from "../support/suite-end.js";
import { PageWatch } from "./page-watch.js";
import { type TaskTime, Trace } from "./trace.js";

const PLACES = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined && process.env["REQUIRE_BROWSER"] === "1")
  throw new Error(
    "REQUIRE_BROWSER=1, but there is no Chromium: install it, or name it in CHROMIUM_PATH",
  );

/** A `describe` that is reported as skipped on a machine without a browser. */
export const describeBrowser: jest.Describe =
  executablePath === undefined ? describe.skip : describe;

const PICTURES = ".cache/screenshots";
const FIGURES = ".cache/page-figures.txt";

export interface ViewOptions {
  colours?: "light" | "dark";
  width?: number;
  height?: number;
  reducedMotion?: boolean;
  /** Run in the page before its own scripts. */
  scripts?: (() => void)[];
}

/** One real browser of a suite; every page it opens is watched (`PageWatch`). */
export class TestBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly contexts: BrowserContext[] = [],
  ) {}

  static async start(): Promise<TestBrowser> {
    if (executablePath === undefined) throw new Error("no browser");
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox"],
    });
    atSuiteEnd(() => browser.close());
    return new TestBrowser(browser);
  }

  /** A separate visitor with an empty cache. */
  async open(url: string, options: ViewOptions = {}): Promise<PageWatch> {
    const { colours = "light", width = 1280, height = 800 } = options;
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: colours,
      reducedMotion: options.reducedMotion === true ? "reduce" : null,
      timezoneId: "UTC",
      locale: "en-GB",
      acceptDownloads: true,
    });
    context.setDefaultTimeout(20_000);
    this.contexts.push(context);
    for (const script of options.scripts ?? []) await context.addInitScript(script);
    return PageWatch.open(await context.newPage(), url);
  }

  /** CPU seconds that all processes of the browser have used. */
  async cpuSeconds(): Promise<number> {
    const session = await this.browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    await session.detach();
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  /** What the tasks of a page's main thread cost while the work goes on. */
  async tasksOf(page: Page, work: () => Promise<void>): Promise<TaskTime[]> {
    const session = await this.browser.newBrowserCDPSession();
    const trace = await Trace.start(session);
    try {
      await work();
      return await trace.end(page);
    } finally {
      await session.detach();
    }
  }

  async closePages(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Where a picture for people goes. */
export function pictureFile(name: string): string {
  mkdirSync(PICTURES, { recursive: true });
  return join(PICTURES, `${name}.png`);
}

/** Prints a measurement, to be copied into a document. */
export function noteFigure(text: string): void {
  mkdirSync(".cache", { recursive: true });
  appendFileSync(FIGURES, `${new Date().toISOString()} ${text}\n`);
}
