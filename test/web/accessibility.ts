import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * Serious and critical findings of axe, each with where; run by the debugger, to which the content
 * policy does not apply.
 */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document),
  );
  if (passes.length < 10) throw new Error("axe has looked at next to nothing");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        `${id} (${help}) ${String(target)}: ${failureSummary ?? ""}`.slice(0, 400),
      ),
    );
}
