import { SingleBar } from "cli-progress";
import type { Backfill, BackfillStore } from "../../persistence/stores/backfills/backfill-store.js";
import { pause } from "../../waiting/pause.js";

const POLL_MS = 500;
const BAR_STEPS = 1_000;
/** Named at the end. */
const MAX_DAYS = 31;

/**
 * Shows a job until it ends or `signal` aborts: a bar on a terminal, elsewhere a line per tenth.
 * Prints the summary and resolves to the job's last state.
 */
export async function followBackfill(
  store: BackfillStore,
  job: Backfill,
  signal: AbortSignal,
): Promise<Backfill> {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: "{bar} {percentage} % | {trades} trades | {rate}/s | {left} | {doing}",
        hideCursor: true,
        stream: process.stderr,
        linewrap: false,
      })
    : undefined;
  let now = job;
  let printedTenths = 0;
  let problem: string | null = null;
  bar?.start(BAR_STEPS, 0, shownOf(job));
  try {
    while (now.endedAt === null && !signal.aborted) {
      await pause(POLL_MS, signal);
      now = (await store.find(job.id)) ?? now;
      bar?.update(Math.floor(now.progress * BAR_STEPS), shownOf(now));
      const tenth = Math.floor(now.progress * 10);
      if (bar !== undefined) continue;
      if (tenth > printedTenths && now.endedAt === null)
        process.stderr.write(
          `Backfill ${(printedTenths = tenth) * 10} %, ${now.read} trades, ${timeLeft(now)}\n`,
        );
      if (now.problem !== null && now.problem !== problem && now.endedAt === null)
        process.stderr.write(`It will be retried: ${now.problem}\n`);
      ({ problem } = now);
    }
  } finally {
    bar?.stop();
  }
  process.stdout.write(`${summaryOf(now)}\n`);
  return now;
}

function shownOf(job: Backfill): Record<string, string | number> {
  return {
    trades: job.read,
    rate: Math.round(job.rate),
    left: timeLeft(job),
    doing: job.problem ?? job.doing ?? job.state,
  };
}

function timeLeft({ secondsLeft }: Backfill): string {
  if (secondsLeft === null) return "time left unknown";
  const minutes = Math.floor(secondsLeft / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  return minutes > 0 ? `${minutes} min left` : `${Math.ceil(secondsLeft)} s left`;
}

function summaryOf(job: Backfill): string {
  const { id, market, state, read, stored, conflicts, notes, missing, problem } = job;
  const span = `${new Date(job.from).toISOString()} – ${new Date(job.to).toISOString()}`;
  const seconds =
    job.startedAt === null ? 0 : ((job.endedAt ?? Date.now()) - job.startedAt) / 1_000;
  const lines = [
    `Backfill ${id} of ${market}, ${span}: ${state}`,
    `  ${read} trades read in ${seconds.toFixed(1)} s, ${stored} of them were new`,
    ...notes.map((note) => `  ${note}`),
  ];
  if (conflicts > 0) lines.push(`  ${conflicts} of them contradict stored trades`);
  if (missing.length > 0)
    lines.push(
      `  Not loaded, or not all of it: ${missing.slice(0, MAX_DAYS).join(", ")}${missing.length > MAX_DAYS ? " …" : ""}`,
    );
  if (problem !== null) lines.push(`  ${problem}`);
  if (job.endedAt === null)
    lines.push(
      `  It resumes with the next server, or with the same command. DELETE /api/v1/backfills/${id} cancels it`,
    );
  return lines.join("\n");
}
