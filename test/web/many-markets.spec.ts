import { type Process, until } from "../support/app.js";
import { type TestBrowser, describeBrowser, pictureFile } from "./browser.js";
import { SYMBOLS, twoHundredMarkets } from "./two-hundred-markets.js";

describeBrowser("the page of two hundred markets", () => {
  let app: Process;
  let browser: TestBrowser;
  twoHundredMarkets((served) => {
    ({ app, browser } = served);
  });

  it("is used with the keyboard alone, from the filter into a chart and back", async () => {
    const watch = await browser.open(`${app.url}/`);
    const { page } = watch;
    await watch.firstData();
    const press = (...keys: string[]): Promise<void> =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.textContent ?? "");
    await press("Tab");
    expect(await focused()).toMatch(/Skip to the content/);
    await press("/");
    await page.keyboard.type("m01");
    await page.getByText("10 of 200").waitFor();
    expect(page.url()).toMatch(/m01/);
    await press("ArrowDown", "ArrowDown", "ArrowDown");
    // The focus follows with the next frame.
    await until(async () => /^M01\dUSDT$/.test(await focused()), 30_000);
    const chosen = await focused();
    await press("Enter");
    await page.getByRole("heading", { name: `sim:${chosen}` }).waitFor();
    await page.getByTestId("legend").waitFor();
    expect(page.url()).toContain(`/m/sim:${chosen}`);

    // Every control is reachable, has a name, and shows its focus.
    const reached: string[] = [];
    const unseen: string[] = [];
    for (let times = 0; times < 120; times++) {
      await press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return undefined;
        const name = element.getAttribute("aria-label") ?? element.textContent ?? "";
        // The chart's canvases would cover its own outline: its parent draws it above them.
        const outlines = [
          getComputedStyle(element),
          getComputedStyle(element.parentElement ?? element, "::after"),
        ];
        const visible = outlines.some(
          ({ content, outlineStyle, borderStyle }, index) =>
            outlineStyle !== "none" ||
            (index === 1 && content !== "none" && borderStyle !== "none"),
        );
        return { name: name.trim(), visible };
      });
      if (at === undefined) break;
      reached.push(at.name);
      if (!at.visible) unseen.push(at.name);
    }
    expect({ unseen, nameless: reached.filter((it) => it === "") }).toEqual({
      unseen: [],
      nameless: [],
    });
    for (const name of [/^1h$/, /Export/, /Price chart/, /Newest trades/])
      expect(reached.some((each) => name.test(each))).toBe(true);

    await page.getByRole("button", { name: "5m", exact: true }).focus();
    await press("Enter");
    await until(() => page.url().includes("i=5m"), 30_000);
    await page.getByRole("application", { name: /Price chart/ }).focus();
    const time = page.locator("[data-field=Time]");
    await time.waitFor();
    await press("ArrowLeft");
    const newest = await time.innerText();
    // Older candles may still be loading.
    await until(async () => {
      await press("ArrowLeft");
      return (await time.innerText()) !== newest;
    }, 30_000);
    await page.goBack();
    await page.screenshot({ path: pictureFile("keyboard") });
    expect(await watch.allFaults()).toEqual([]);
  });

  it("shows the same view again from a link", async () => {
    const link = `${app.url}/m/sim:${SYMBOLS[7]}?i=1m&o=ema10,bb20,rsi14,macd&log=1&tz=Asia/Tokyo`;
    const watch = await browser.open(link);
    await watch.page.getByTestId("legend").waitFor();
    const pressed = watch.page.getByRole("button", { pressed: true });
    expect(await pressed.allInnerTexts()).toEqual(expect.arrayContaining(["1m", "Log"]));
    expect(await watch.page.getByRole("combobox", { name: "Time zone" }).inputValue()).toBe(
      "Asia/Tokyo",
    );
    await watch.page.screenshot({ path: pictureFile("studies") });
    expect(await watch.allFaults()).toEqual([]);
  });
});
