import type { Page } from "playwright-core";

interface Marks {
  firstData: number | undefined;
  longTasks: number[];
  violations: string[];
}

/** Collects the faults of a page while it is open, and its load times. */
export class PageWatch {
  /** Console errors, exceptions, violations of the content policy, requests to other origins. */
  readonly faults: string[] = [];
  private bytes = 0;
  /** Expected faults, which the test itself caused. */
  expected: RegExp | undefined;

  private constructor(readonly page: Page) {}

  static async open(page: Page, url: string): Promise<PageWatch> {
    const watch = new PageWatch(page);
    await watch.listen(new URL(url).origin);
    await page.addInitScript(mark);
    await page.goto(url, { waitUntil: "load" });
    return watch;
  }

  /** Bytes received over the network: headers and compressed bodies. */
  get transferred(): number {
    return this.bytes;
  }

  /** Milliseconds from the navigation to the first price on screen. */
  async firstData(): Promise<number> {
    const handle = await this.page.waitForFunction(
      () => (window as unknown as { marks: Marks }).marks.firstData,
    );
    return (await handle.jsonValue()) as number;
  }

  /** Milliseconds of each task longer than 50 ms since the last call. */
  longTasks(): Promise<number[]> {
    return this.page.evaluate(() =>
      (window as unknown as { marks: Marks }).marks.longTasks.splice(0),
    );
  }

  async allFaults(): Promise<string[]> {
    const violations = await this.page.evaluate(
      () => (window as unknown as { marks: Marks }).marks.violations,
    );
    return [...this.faults, ...violations];
  }

  private async listen(origin: string): Promise<void> {
    const { page } = this;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.fault(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.fault(`exception: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url))
        this.fault(`request to ${url}`);
    });
    page.on("websocket", (socket) => {
      if (!socket.url().startsWith(`${origin.replace("http", "ws")}/`))
        this.fault(`socket to ${socket.url()}`);
    });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", ({ encodedDataLength }) => {
      this.bytes += encodedDataLength;
    });
  }

  private fault(text: string): void {
    if (this.expected?.test(text) !== true) this.faults.push(text);
  }
}

/** Runs in the page before its own scripts. */
function mark(): void {
  const marks: Marks = { firstData: undefined, longTasks: [], violations: [] };
  (window as unknown as { marks: Marks }).marks = marks;
  document.addEventListener("securitypolicyviolation", (event) =>
    marks.violations.push(
      `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`,
    ),
  );
  new PerformanceObserver((list) =>
    marks.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
  ).observe({ type: "longtask", buffered: true });
  const look = new MutationObserver(() => {
    const shown = document.querySelector("td.last, [data-testid=kpi-last]");
    if (!/\d/.test(shown?.textContent ?? "")) return;
    // On screen with the next frame.
    requestAnimationFrame(() => (marks.firstData ??= performance.now()));
    look.disconnect();
  });
  look.observe(document, {
    childList: true,
    subtree: true,
    characterData: true,
  });
}
