import type { Page } from "playwright-core";
import type { Candle } from "../../src/domain/candle.js";
import { grouped } from "../../web/frame/decimal-text.js";
import type { Process } from "../support/app.js";

/**
 * Values of the legend's studies by name, as they are written: "BB 20 2" → ["1.00", "1.20",
 * "0.80"].
 */
export async function studiesOf(page: Page): Promise<Record<string, string[]>> {
  const rows = await page
    .locator("[data-testid=legend] .legend-studies > div")
    .evaluateAll((all) =>
      all.map((row): [string, string[]] => [
        row.querySelector("dt")?.textContent ?? "",
        (row.querySelector("dd")?.textContent ?? "").split(" / "),
      ]),
    );
  return Object.fromEntries(rows);
}

/** Open times of the first candle in view and after the last, by the link that exports them. */
export async function viewOf(page: Page): Promise<{ start: number; end: number }> {
  const href = await page.getByText("Range in view as CSV").getAttribute("href");
  const query = new URL(href ?? "", "http://page").searchParams;
  return { start: Number(query.get("start")), end: Number(query.get("end")) };
}

export const chartOf = (page: Page) => page.getByRole("application", { name: /Price chart/ });

/** Next time the browser draws, and everything before it is on screen. */
export function drawn(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}

/** A study's value as the legend has it where prices have two digits. */
export function studyText(value: number): string {
  return Number.isNaN(value) ? "–" : grouped(value.toFixed(2));
}

/** All candles, page by page. */
export async function allCandles(app: Process, market: string, interval = "1m"): Promise<Candle[]> {
  const all: Candle[] = [];
  for (let start = 0; ; start = (all.at(-1)?.openTime ?? 0) + 1) {
    const page = await app.get<Candle[]>(
      `/api/v1/markets/${market}/candles?interval=${interval}&start=${start}&limit=1000`,
    );
    if (page.length === 0) return all;
    all.push(...page);
  }
}
