import { Process, type Settings } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { TestBrowser } from "./browser.js";

export interface Served {
  app: Process;
  browser: TestBrowser;
}

/** Opens the built product with its own database and a browser for the calling suite. */
export function servedPage(
  settings: () => Settings | Promise<Settings>,
  started: (served: Served) => void | Promise<void>,
  limitMs = 120_000,
): void {
  let app: Process;
  let browser: TestBrowser;
  beforeAll(async () => {
    const DATABASE_URL = await createDatabase();
    const process = await Process.start(["serve"], {
      DATABASE_URL,
      ...(await settings()),
    });
    app = await process.ready();
    browser = await TestBrowser.start();
    await started({ app, browser });
  }, limitMs);
  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });
}
