import { Process, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { seriousFindings } from "./accessibility.js";
import { TestBrowser, describeBrowser, noteFigure, pictureFile } from "./browser.js";
import type { PageWatch } from "./page-watch.js";
import { Relay } from "./relay.js";
import { plain } from "./screen-text.js";

const VIEWS = [
  ["overview", "/", "td.last"],
  ["market", "/m/sim:BTCUSDT?i=1m", "[data-testid=legend]"],
  ["system", "/system", "#feeds"],
] as const;
const LOOKS = [
  { colours: "light" },
  { colours: "dark" },
  { colours: "dark", width: 390, height: 844 },
] as const;

/** A silent server: connections stay open, and nothing arrives. */
describeBrowser("a page whose server has fallen silent", () => {
  let app: Process;
  let relay: Relay;
  let browser: TestBrowser;

  beforeAll(async () => {
    const settings = {
      DATABASE_URL: await createDatabase(),
      FEEDS: "sim:BTCUSDT,sim:ETHUSDT",
      SIM_HISTORY: "2h",
      SIM_RATE: "4",
    };
    app = await (await Process.start(["serve"], settings)).ready();
    relay = await Relay.start(app.url);
    browser = await TestBrowser.start();
  }, 120_000);

  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await relay.close();
    await app.stop();
  });

  it("is detected within 20 seconds, is readable in grey, and recovers to the data of REST", async () => {
    const watches: [string, PageWatch][] = [];
    for (const [name, path, part] of VIEWS)
      for (const look of LOOKS) {
        const watch = await browser.open(relay.url + path, look);
        watch.expected = /Failed to load|ERR_|WebSocket/;
        await watch.page.locator(part).first().waitFor();
        const title = `${name}-${look.colours}${"width" in look ? "-phone" : ""}`;
        watches.push([title, watch]);
      }
    relay.freeze();
    const begin = performance.now();
    for (const [title, { page }] of watches) {
      await page.getByRole("region", { name: "Connection lost" }).waitFor({ timeout: 30_000 });
      if (watches[0]?.[0] === title) {
        const seconds = (performance.now() - begin) / 1_000;
        noteFigure(`a silent server is noticed after ${seconds.toFixed(1)} s`);
        expect(seconds).toBeLessThan(21);
      }
      await page.locator("html[data-stale]").waitFor();
      await page.screenshot({ path: pictureFile(`grey-${title}`) });
      expect([title, await seriousFindings(page)]).toEqual([title, []]);
    }
    relay.thaw();
    for (const [, { page }] of watches)
      await until(async () => (await page.locator("html[data-stale]").count()) === 0, 40_000);
    const [, market] = watches.find(([title]) => title === "market-light")!;
    await until(
      async () => {
        const { last } = await app.get<{ last: string }>("/api/v1/markets/sim:BTCUSDT/ticker");
        const shown = await market.page.getByTestId("kpi-last").innerText();
        return plain(shown) === last;
      },
      30_000,
      () => "the price is another",
    );
    for (const [title, watch] of watches)
      expect([title, await watch.allFaults()]).toEqual([title, []]);
  }, 180_000);

  it.each([true, false])(
    "moves nothing where reduced motion is wanted: %s",
    async (reducedMotion) => {
      const watch = await browser.open(`${app.url}/`, { reducedMotion });
      await watch.firstData();
      const seen = await watch.page.evaluate(async () => {
        const seen = { flashes: 0, coloured: 0, animations: 0, changes: 0 };
        const price = (): string =>
          [...document.querySelectorAll("td.last")].map((cell) => cell.textContent).join();
        let before = price();
        const end = performance.now() + 4_000;
        while (performance.now() < end) {
          await new Promise((done) => requestAnimationFrame(done));
          seen.animations += document.getAnimations().length;
          if (price() !== before) seen.changes++;
          before = price();
          for (const span of document.querySelectorAll("[data-flash] span")) {
            seen.flashes++;
            const { backgroundColor } = getComputedStyle(span);
            if (backgroundColor !== "rgba(0, 0, 0, 0)") seen.coloured++;
          }
        }
        return seen;
      });
      expect(seen.changes).toBeGreaterThan(3);
      expect(seen.flashes).toBeGreaterThan(3);
      expect(seen.coloured > 0).toBe(!reducedMotion);
      expect(seen.animations).toBe(0);
      expect(await watch.allFaults()).toEqual([]);
    },
  );
});
