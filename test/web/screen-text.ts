import type { Page } from "playwright-core";

/** "−61,683.990" → "-61683.99": text on screen as the API writes it. */
export function plain(text: string): string {
  const digits = text
    .replaceAll("−", "-")
    .replaceAll(/[^\d.-]/g, "")
    .replace(/\.$/, "");
  return digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
}

/** Fields of the chart's legend by name. */
export async function legendOf(page: Page): Promise<Record<string, string>> {
  const fields = await page
    .locator("[data-testid=legend] [data-field]")
    .evaluateAll((cells) =>
      cells.map((cell): [string, string] => [
        cell.getAttribute("data-field") ?? "",
        cell.textContent ?? "",
      ]),
    );
  return Object.fromEntries(fields);
}

/** Decimal fields of the legend, and the names the API has for them. */
export const LEGEND_DECIMALS = {
  O: "open",
  H: "high",
  L: "low",
  C: "close",
  Vol: "volume",
  "Quote vol": "quoteVolume",
  "Taker buy": "takerBuyVolume",
  "Taker buy quote": "takerBuyQuoteVolume",
} as const;

/** The cells of a market's row in the overview, by column heading. */
export async function rowOf(
  page: Page,
  market: string,
): Promise<{ text: Record<string, string>; title: Record<string, string> }> {
  return page.evaluate((name) => {
    const row = document.querySelector(`tr[data-market="${name}"]`);
    if (row === null) throw new Error(`no row of ${name}`);
    const headings = [...document.querySelectorAll("table.markets thead th")];
    const cells = headings.map((heading, index) => {
      const label = (heading.textContent ?? "").replace(/[▲▼]/g, "").trim();
      return { label, cell: row.children[index] as HTMLElement };
    });
    return {
      text: Object.fromEntries(cells.map(({ label, cell }) => [label, cell.textContent ?? ""])),
      title: Object.fromEntries(cells.map(({ label, cell }) => [label, cell.title])),
    };
  }, market);
}
