import { SingleBar } from "cli-progress";
import { Command, CommandRunner } from "nest-commander";
import type { DataSource } from "typeorm";
import { environment } from "../../config/config.js";
import { plural } from "../../domain/plural.js";
import { type MarketVerdict, verify } from "../merge/verify.js";
import { withDatabase } from "../shared-database.js";

@Command({
  name: "verify",
  description:
    "Recompute every candle from the stored trades and compare; exit code 1 on any difference",
})
export class VerifyCommand extends CommandRunner {
  async run(): Promise<void> {
    const config = environment();
    await withDatabase(config, (source) => this.report(source));
  }

  private async report(source: DataSource): Promise<void> {
    const bar = new SingleBar({
      format: "{bar} {value}/{total} markets {market}",
      hideCursor: true,
      noTTYOutput: false,
    });
    const wrong: MarketVerdict[] = [];
    const notBuilt: string[] = [];
    let candles = 0;
    let markets = 0;
    for await (const verdict of verify(source)) {
      if (markets === 0) bar.start(verdict.of, 0, { market: "" });
      bar.update(++markets, { market: verdict.market });
      candles += verdict.candles;
      if (verdict.differences > 0 || verdict.uncoveredIds !== "0") wrong.push(verdict);
      if (verdict.notBuilt.length > 0)
        notBuilt.push(`${verdict.market} (${verdict.notBuilt.join(", ")})`);
    }
    bar.stop();
    for (const verdict of wrong) process.stdout.write(describe(verdict));
    const result =
      wrong.length === 0
        ? "every one equals its trades"
        : `${plural(wrong.length, "market")} with differences`;
    process.stdout.write(
      `Verified ${plural(candles, "candle")} of ${plural(markets, "market")}: ${result}.\n`,
    );
    if (notBuilt.length > 0)
      process.stdout.write(
        `Left out were candles that are not built yet, of ${notBuilt.join(", ")}: a running server builds them, or the command rebuild.\n`,
      );
    if (wrong.length > 0) process.exitCode = 1;
  }
}

function describe({ market, differences, examples, uncoveredIds }: MarketVerdict): string {
  const lines = [
    `${market}: ${plural(differences, "candle")} with other values than the trades give`,
  ];
  if (uncoveredIds !== "0")
    lines.push(`  coverage and stored trades differ by ${uncoveredIds} ids`);
  for (const { interval, openTime, expected, stored } of examples) {
    lines.push(`  ${interval} ${new Date(openTime).toISOString()}`);
    lines.push(
      `    from trades: ${JSON.stringify(expected)}`,
      `    stored:      ${JSON.stringify(stored)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
