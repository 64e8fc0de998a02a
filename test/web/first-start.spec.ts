import { createServer as tcpServer } from "node:net";
import type { Page } from "playwright-core";
import type { Status } from "../../src/api/system/status.js";
import type { Ticker } from "../../src/live/ticker.js";
import { Process, type Settings, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { type TestPostgres, freePort, startPostgres } from "../support/postgres.js";
import { TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { plain, rowOf } from "./screen-text.js";

/** The page right after the first start. */
describeBrowser("the first start", () => {
  let postgres: TestPostgres;
  let browser: TestBrowser;
  let app: Process | undefined;

  beforeAll(async () => {
    postgres = await startPostgres();
    browser = await TestBrowser.start();
  }, 60_000);
  afterEach(async () => {
    await browser.closePages();
    await app?.stop();
    app = undefined;
  });
  afterAll(async () => {
    await browser.close();
    await postgres.stop();
  });

  async function serve(settings: Settings): Promise<Process> {
    app = await Process.start(["serve"], {
      DATABASE_URL: await createDatabase(postgres.url),
      ...settings,
    });
    const { url } = app;
    await until(
      async () => (await app?.status("/")) === 200,
      60_000,
      () => `${url}: ${app?.output}`,
    );
    return app;
  }

  it("shows the progress of the simulated history, first alone and then above the markets", async () => {
    const { url } = await serve({
      FEEDS: "sim:BTCUSDT,sim:ETHUSDT",
      SIM_RATE: "40",
    });
    const { page, ...watch } = await opened(`${url}/`);
    const notice = page.getByRole("complementary", { name: "Notice" });
    const making = /Generating history of the simulated venue, (\d+) %/;
    const percents = new Set<number>();
    await until(
      async () => {
        const text = await page.locator("body").innerText();
        const [, percent] = making.exec(text) ?? [];
        if (percent !== undefined) percents.add(Number(percent));
        return percents.size > 1 && (await notice.count()) > 0;
      },
      60_000,
      () => `${[...percents].join()} ${app?.output.slice(-1_500)}`,
    );
    await notice.getByText("simulated: a random walk").waitFor();
    await page.screenshot({ path: pictureFile("making-history") });
    await until(async () => !making.test(await page.locator("body").innerText()), 90_000);
    const numbers = [...percents];
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(await watch.faults()).toEqual([]);
  }, 180_000);

  it("shows that it connects, then why the exchange cannot be reached, then whose prices it shows", async () => {
    // Accepts connections, and never answers.
    const silent = tcpServer();
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const { port } = silent.address() as { port: number };
    try {
      const { url } = await serve({
        // As if FEEDS were not set.
        ...({ FEEDS: undefined } as unknown as Settings),
        BINANCE_WS_URL: `ws://127.0.0.1:${port}`,
        BINANCE_REST_URL: `http://127.0.0.1:${port}`,
      });
      const { page, faults } = await opened(`${url}/`);
      await page.getByText("Connecting to binance.").waitFor();
      await page.getByText("binance:BTCUSDT is connecting").waitFor();
      await page.screenshot({ path: pictureFile("connecting") });
      // After five seconds the simulated venue starts, too.
      const notice = page.getByRole("complementary", { name: "Notice" });
      await notice
        .getByText("It runs because no exchange can be reached")
        .waitFor({ timeout: 30_000 });
      await page.locator('tr[data-market="sim:BTCUSDT"] td.last').waitFor();
      expect(await faults()).toEqual([]);
    } finally {
      silent.close();
    }
  }, 120_000);

  it("shows that the exchange refuses, and recovers by itself where only that one is configured", async () => {
    const port = await freePort();
    const { url } = await serve({
      FEEDS: "binance:BTCUSDT",
      BINANCE_WS_URL: `ws://127.0.0.1:${port}`,
      BINANCE_REST_URL: `http://127.0.0.1:${port}`,
    });
    const { page, faults } = await opened(`${url}/`);
    await page
      .getByText(/binance cannot be reached \(.*ECONNREFUSED.*\)\. Tapeline keeps retrying\./)
      .waitFor();
    await page.getByText(/binance:BTCUSDT is down: .*ECONNREFUSED/).waitFor();
    await page.screenshot({ path: pictureFile("unreachable") });
    expect(await faults()).toEqual([]);
    // A market's own page used to show only that its first trade draws the first candle.
    const market = await opened(`${url}/m/binance:BTCUSDT`);
    await market.page
      .locator(".chart-notes [role=status]")
      .filter({ hasText: /Feed: ✕ down \(.*ECONNREFUSED.*\)/ })
      .waitFor();
    await market.page.screenshot({ path: pictureFile("market-unreachable") });
    expect(await market.faults()).toEqual([]);
  });

  it("shows backfill jobs once there is one, and why it makes no progress", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const key = "a-key-of-more-than-sixteen";
    const { url } = await serve({
      FEEDS: "",
      INGEST_KEYS: key,
      BINANCE_REST_URL: nowhere,
      BINANCE_BULK_URL: nowhere,
    });
    const { page, faults } = await opened(`${url}/system`);
    await page.getByRole("region", { name: "Feeds" }).waitFor();
    const part = page.getByRole("region", { name: "Backfills" });
    expect(await part.count()).toBe(0);
    const created = await fetch(`${url}/api/v1/backfills`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${key}`,
      },
      body: '{"market":"binance:BTCUSDT","from":"2024-01-01","to":"2024-01-03"}',
    });
    expect(created.status).toBe(201);
    const row = part.getByRole("row").filter({ hasText: "binance:BTCUSDT" });
    await row.filter({ hasText: /waiting0 %.*cannot be read/s }).waitFor();
    expect(await row.innerText()).toContain("2024-01-01 00:00 – 2024-01-03 00:00");
    await page.screenshot({ path: pictureFile("backfills") });
    expect(await faults()).toEqual([]);
  });

  it("shows the API's own error texts, and recovers when the database does", async () => {
    const { url } = await serve({
      FEEDS: "sim:BTCUSDT",
      SIM_HISTORY: "20h",
    });
    // A page that is opened before finds no older candles to request later.
    await until(
      async () =>
        (await app!.get<Status>("/api/v1/status").catch(() => undefined))?.waiting === null,
      60_000,
      () => app?.output.slice(-1_500) ?? "",
    );
    const market = await opened(`${url}/m/sim:NOTHING`);
    await market.page.getByText('sim:NOTHING 1m: there is no market "sim:NOTHING"').waitFor();
    const { page, expecting } = await opened(`${url}/m/sim:BTCUSDT`);
    await until(async () => /\d/.test(await page.getByTestId("kpi-last").innerText()), 60_000);
    expecting(/503|Failed to load/);
    await postgres.kill();
    try {
      // Older candles cannot be read now.
      const chart = page.getByRole("application", { name: /Price chart/ });
      await chart.focus();
      const notes = page.locator(".chart-notes [role=status]");
      await until(async () => {
        await page.keyboard.press("PageUp");
        return /sim:BTCUSDT 1m: .*database/.test(await notes.innerText());
      }, 30_000);
      await page.screenshot({ path: pictureFile("database-down") });
      const system = await opened(`${url}/system`);
      system.expecting(/503|Failed to load/);
      await system.page
        .getByRole("alert")
        .filter({ hasText: /The state cannot be read\..*database.*\(503/s })
        .waitFor();
    } finally {
      await postgres.restart();
    }
    await page.keyboard.press("End");
    await until(
      async () => {
        const [ticker] = await app!.get<Ticker[]>("/api/v1/tickers").catch(() => []);
        return (
          ticker !== undefined &&
          plain(await page.getByTestId("kpi-last").innerText()) === ticker.last
        );
      },
      60_000,
      () => app?.output.slice(-1_500) ?? "",
    );
    const overview = await opened(`${url}/`);
    await overview.page.locator("td.last").waitFor();
    expect((await rowOf(overview.page, "sim:BTCUSDT")).text["Last"]).toMatch(/\d/);
  }, 180_000);

  async function opened(url: string): Promise<{
    page: Page;
    faults: () => Promise<string[]>;
    expecting: (expected: RegExp) => void;
  }> {
    const watch = await browser.open(url);
    return {
      page: watch.page,
      faults: () => watch.allFaults(),
      expecting: (expected) => (watch.expected = expected),
    };
  }
});
