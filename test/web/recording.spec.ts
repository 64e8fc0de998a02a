import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import type { Candle } from "../../src/domain/candle.js";
import type { Ticker } from "../../src/live/ticker.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { Process, run, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { type Golden, goldens } from "../support/golden.js";
import { seriousFindings } from "./accessibility.js";
import { TestBrowser, describeBrowser, noteFigure, pictureFile } from "./browser.js";
import { LEGEND_DECIMALS, legendOf, plain, rowOf } from "./screen-text.js";

/** The page with an exchange's recorded data, through the whole pipeline. */
describeBrowser("the page of a recording", () => {
  let app: Process;
  let browser: TestBrowser;
  const input = goldens();
  const [main] = input as [Golden, ...Golden[]];
  const markets = [...new Set(input.map(({ market }) => market))];
  const marketUrl = (query = ""): string => `${app.url}/m/${main.market}${query}`;
  const rest = <T>(path: string): Promise<T> =>
    app.get<T>(`/api/v1/markets/${main.market}/${path}`);

  beforeAll(async () => {
    const settings = { DATABASE_URL: await createDatabase() };
    for (const { replay } of input.slice(1))
      expect((await run(["replay", ...replay], settings)).code).toBe(0);
    const [, venue = "", ...files] = main.replay;
    const serve = ["serve", "--venue", venue, "--replay", ...files];
    app = await (await Process.start(serve, settings)).ready();
    await until(
      () => /Replayed \d+ trades from/.test(app.output),
      120_000,
      () => app.output.slice(-2_000),
    );
    browser = await TestBrowser.start();
  }, 300_000);

  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it("shows every market in the overview as REST returns it", async () => {
    const watch = await browser.open(`${app.url}/`);
    const tickers = await app.get<Ticker[]>("/api/v1/tickers");
    expect(tickers.map(({ market }) => market)).toEqual(markets.toSorted());
    await watch.firstData();
    for (const ticker of tickers) {
      const { text, title } = await rowOf(watch.page, ticker.market);
      expect({
        last: plain(text["Last"] ?? ""),
        high: plain(text["High"] ?? ""),
        low: plain(text["Low"] ?? ""),
        volume: plain(title["Volume"] ?? ""),
        quoteVolume: plain(title["Turnover"] ?? ""),
        change: plain(title["24 h"] ?? ""),
      }).toEqual({
        last: ticker.last,
        high: ticker.high,
        low: ticker.low,
        volume: ticker.volume,
        quoteVolume: ticker.quoteVolume,
        change: ticker.change,
      });
    }
    expect(await watch.allFaults()).toEqual([]);
  });

  it("shows a market's figures and every field of its newest candle as REST has them", async () => {
    const watch = await browser.open(marketUrl());
    const { page } = watch;
    await page.getByTestId("legend").waitFor();
    const ticker = await rest<Ticker>("ticker");
    const [candle] = await rest<Candle[]>("candles?interval=1m&limit=1");
    const kpi = (name: string): Promise<string> => page.getByTestId(`kpi-${name}`).innerText();
    expect(plain(await kpi("last"))).toBe(ticker.last);
    const [high = "", low = ""] = (await kpi("high-low")).split("/");
    expect([plain(high), plain(low)]).toEqual([ticker.high, ticker.low]);
    const [change = "", percent = ""] = (await kpi("change")).split("(");
    expect(plain(change)).toBe(ticker.change);
    expect(Number(plain(percent))).toBe(Number(ticker.changePercent));
    const shown = await legendOf(page);
    for (const [name, field] of Object.entries(LEGEND_DECIMALS))
      expect([field, plain(shown[name] ?? "")]).toEqual([field, candle?.[field]]);
    expect(plain(shown["Trades"] ?? "")).toBe(String(candle?.trades));
    expect(shown["Version"]).toBe(String(candle?.version));
    expect(await watch.allFaults()).toEqual([]);
  });

  it("gives the range in view as CSV with the API's own values", async () => {
    const { page } = await browser.open(marketUrl());
    await page.getByTestId("legend").waitFor();
    await page.getByText("Export", { exact: true }).click();
    const file = await downloaded(page, page.getByRole("link", { name: "Range in view as CSV" }));
    expect(file.name).toMatch(/-1m-.*Z\.csv$/);
    const rows = rowsOf(file.bytes.toString());
    expect(rows.length).toBeGreaterThan(5);
    const first = Number(rows[0]?.["openTime"]);
    const candles = await rest<Candle[]>(`candles?interval=1m&start=${first}&limit=${rows.length}`);
    expect(rows).toEqual(candles.map(asText));
  });

  it("gives a chosen range as CSV", async () => {
    const all = await rest<Candle[]>("candles?interval=1m&limit=4");
    const [from, to] = [all[1]?.openTime ?? 0, all[3]?.openTime ?? 0];
    const { page } = await browser.open(marketUrl("?tz=UTC"));
    await page.getByTestId("legend").waitFor();
    await page.getByText("Export", { exact: true }).click();
    const field = (time: number): string => new Date(time).toISOString().slice(0, 16);
    await page.getByLabel("From", { exact: true }).fill(field(from));
    await page.getByLabel("To", { exact: true }).fill(field(to));
    const file = await downloaded(page, page.getByRole("link", { name: "Chosen range as CSV" }));
    const candles = await rest<Candle[]>(`candles?interval=1m&start=${from}&end=${to}`);
    expect(candles.length).toBeGreaterThan(0);
    expect(rowsOf(file.bytes.toString())).toEqual(candles.map(asText));
  });

  it("gives the chart as a picture", async () => {
    const { page } = await browser.open(marketUrl());
    await page.getByTestId("legend").waitFor();
    await page.getByText("Export", { exact: true }).click();
    const file = await downloaded(page, page.getByRole("button", { name: "Chart as PNG" }));
    expect(file.name).toMatch(/\.png$/);
    expect(file.bytes.subarray(1, 4).toString()).toBe("PNG");
    // Width and height, after the signature and the header of the first chunk.
    expect(file.bytes.readUInt32BE(16)).toBeGreaterThan(400);
    expect(file.bytes.readUInt32BE(20)).toBeGreaterThan(200);
  });

  it("lists the API's gaps", async () => {
    const gapped: [string, Gap[]][] = [];
    for (const market of markets) {
      const gaps = await app.get<Gap[]>(`/api/v1/markets/${market}/gaps`);
      if (gaps.length > 0) gapped.push([market, gaps]);
    }
    const watch = await browser.open(`${app.url}/system`);
    const { page } = watch;
    const part = page.getByRole("region", { name: "Gaps" });
    await part.waitFor();
    for (const [market, gaps] of gapped) {
      const row = part.getByRole("row").filter({ hasText: market });
      const missing = gaps.reduce((sum, { ids }) => sum + BigInt(ids), 0n);
      const [, count = "", ids = ""] = (await row.innerText()).split(/\t/);
      expect([plain(count), plain(ids)]).toEqual([String(gaps.length), String(missing)]);
    }
    if (gapped.length === 0) expect(await part.innerText()).toMatch(/No trade is known/);
    expect(await watch.allFaults()).toEqual([]);
  });

  it("weighs at most 250 KB", async () => {
    for (const path of ["/", `/m/${main.market}`, "/system"]) {
      const watch = await browser.open(app.url + path);
      await watch.page.waitForLoadState("networkidle");
      noteFigure(`${path}: ${watch.transferred} bytes`);
      expect(watch.transferred).toBeGreaterThan(20_000);
      expect(watch.transferred).toBeLessThan(250_000);
    }
  });

  it("blocks foreign scripts and resources, and needs none in any view", async () => {
    for (const path of ["/", `/m/${main.market}`, "/system", "/m/nothing"]) {
      const { headers } = await fetch(app.url + path);
      expect([path, headers.get("content-security-policy")]).toEqual([
        path,
        "default-src 'self';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'self'",
      ]);
      const watch = await browser.open(app.url + path);
      await watch.page.waitForLoadState("networkidle");
      expect([path, await watch.allFaults()]).toEqual([path, []]);
    }
    // Proves that a fault would be detected.
    const watch = await browser.open(app.url);
    await watch.page.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "window.intruder = true;";
      document.body.append(script);
      const image = new Image();
      image.src = "http://elsewhere.invalid/pixel.png";
      await fetch("http://elsewhere.invalid/").catch(() => undefined);
      await new Promise((done) => setTimeout(done, 200));
    });
    expect(await watch.page.evaluate(() => "intruder" in window)).toBe(false);
    const faults = (await watch.allFaults()).join("\n");
    for (const kind of ["script-src", "img-src", "connect-src"])
      expect(faults).toContain(`policy: ${kind}`);
  });

  describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
    it.each([
      ["overview", "/", "table.markets"],
      ["market", `/m/${main.market}`, "[data-testid=legend]"],
      ["system", "/system", "#feeds"],
      ["unknown", "/m/nothing", "h1"],
    ])("has no serious finding of axe: %s", async (name, path, part) => {
      const watch = await browser.open(app.url + path, { colours });
      await watch.page.locator(part).first().waitFor();
      await watch.page.screenshot({
        path: pictureFile(`recording-${name}-${colours}`),
      });
      expect(await seriousFindings(watch.page)).toEqual([]);
      expect(await watch.allFaults()).toEqual([]);
    });
  });

  it.each([
    ["overview", "/", "table.markets"],
    ["market", `/m/${main.market}`, "[data-testid=legend]"],
    ["system", "/system", "#feeds"],
  ])("fits a phone: %s", async (name, path, part) => {
    const phone = { width: 390, height: 844, colours: "dark" as const };
    const watch = await browser.open(app.url + path, phone);
    await watch.page.locator(part).first().waitFor();
    await watch.page.screenshot({
      path: pictureFile(`recording-${name}-phone`),
    });
    const wide = await watch.page.evaluate(() =>
      document.documentElement.scrollWidth <= window.innerWidth
        ? []
        : [...document.querySelectorAll("body *")]
            .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
            .map((it) => `${it.tagName}.${it.getAttribute("class") ?? ""}`),
    );
    expect(wide).toEqual([]);
    expect(await seriousFindings(watch.page)).toEqual([]);
    expect(await watch.allFaults()).toEqual([]);
  });
});

async function downloaded(page: Page, control: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), control.click()]);
  return {
    name: download.suggestedFilename(),
    bytes: await readFile(await download.path()),
  };
}

/** Cells by the names of their columns. */
function rowsOf(csv: string): Record<string, string>[] {
  const [header = "", ...lines] = csv.trimEnd().split("\r\n");
  const columns = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""]));
  });
}

/** A candle as the text of CSV has it. */
function asText(candle: Candle): Record<string, string> {
  return Object.fromEntries(
    Object.entries(candle).map(([name, value]) => [name, value === null ? "" : String(value)]),
  );
}
