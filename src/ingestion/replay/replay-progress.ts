import { SingleBar } from "cli-progress";
import { plural } from "../../domain/plural.js";
import { type ReplayOptions, type ReplaySummary, replay } from "./replay.js";
import type { MarketTally } from "./tally.js";
import type { Transport } from "../../streaming/transport.js";

/**
 * Replays with a progress bar on a terminal, else a line each 10 %.
 */
export async function replayWithProgress(
  options: ReplayOptions,
  transport: Transport,
): Promise<ReplaySummary> {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: "{bar} {percentage} % | {trades} trades | {eta_formatted} left",
        hideCursor: true,
        stream: process.stderr,
      })
    : undefined;
  let loggedTenth = 0;
  bar?.start(1, 0, { trades: 0 });
  try {
    const summary = await replay(options, transport, ({ bytes, of, trades }) => {
      bar?.setTotal(of);
      bar?.update(bytes, { trades });
      const tenth = of === 0 ? 10 : Math.floor((bytes / of) * 10);
      if (bar === undefined && tenth > loggedTenth)
        process.stderr.write(`Replayed ${(loggedTenth = tenth) * 10} %, ${trades} trades\n`);
    });
    return summary;
  } finally {
    bar?.stop();
  }
}

/** For people; what was lost comes last. */
export function textOf(summary: ReplaySummary): string {
  const { files, entries, trades, refused, damaged, markets, seconds } = summary;
  const lines = [
    `Replayed ${trades} trades from ${entries} entries of ${plural(files, "file")} in ${seconds.toFixed(1)} s (${Math.round(trades / seconds)} trades/s)`,
  ];
  for (const [market, tally] of markets) {
    const span = `${new Date(tally.firstTime).toISOString()} – ${new Date(tally.lastTime).toISOString()}`;
    lines.push(
      `  ${market}: ${tally.trades} trades, ids ${tally.firstOrd}–${tally.lastOrd}, ${span}`,
      `    ${missing(tally.gaps)}`,
    );
  }
  for (const [reason, { count, first }] of refused)
    lines.push(`  refused: ${count} × ${reason}, the first at ${first}`);
  for (const place of damaged) lines.push(`  damaged: ${place}`);
  return lines.join("\n");
}

function missing(gaps: MarketTally["gaps"]): string {
  if (gaps === undefined) return "too many holes in its ids to count them";
  return gaps.holes === 0
    ? "no id missing between them"
    : `${plural(gaps.ids, "id")} missing between them, in ${plural(gaps.holes, "hole")}`;
}
