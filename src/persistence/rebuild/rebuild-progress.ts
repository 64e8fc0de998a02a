import { SingleBar } from "cli-progress";
import type { PoolClient } from "pg";
import type { DataSource } from "typeorm";
import { plural } from "../../domain/plural.js";
import { pause } from "../../waiting/pause.js";
import type { Unbuilt, UnbuiltStore } from "../stores/unbuilt-store.js";
import { releaseRebuildLock, tryRebuildLock } from "./rebuild-lock.js";
import { MAX_ANNOUNCED, RebuildRun } from "./rebuild-run.js";

const POLL_MS = 500;
const BAR_STEPS = 1_000;

/**
 * Builds what is left, or where another process does so shows its progress, until nothing is left
 * or `signal` aborts: a bar on a terminal, elsewhere a line per tenth.
 *
 * @param isAlone no other process publishes candles
 */
export async function followRebuild(
  source: DataSource,
  store: UnbuiltStore,
  { isAlone, signal }: { isAlone: boolean; signal: AbortSignal },
): Promise<void> {
  const progress = new Progress();
  const begin = performance.now();
  const runner = source.createQueryRunner();
  const impossible = new Set<string>();
  let candles = 0;
  let isMine = false;
  try {
    const client = (await runner.connect()) as PoolClient;
    const run = new RebuildRun(
      client,
      ({ market, interval }, result) => {
        if (result.outcome === "built") candles += result.candles;
        if (result.outcome === "impossible") impossible.add(`${interval} of ${market}`);
      },
      isAlone ? Infinity : MAX_ANNOUNCED,
    );
    let left = await store.left();
    while (left.length > 0 && !signal.aborted) {
      progress.show(left);
      isMine ||= await tryRebuildLock(client);
      if (!isMine || !(await run.pass(left, signal))) await pause(POLL_MS, signal);
      left = await store.left();
    }
    if (isMine) await releaseRebuildLock(client);
    progress.end();
    const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
    const what = isMine ? `${plural(candles, "candle")} changed` : "A running server did it";
    process.stdout.write(
      left.length > 0
        ? `Not finished: it goes on with the next server, or with the same command; --cancel ends it.\n`
        : `${what}, ${seconds} s.\n`,
    );
    for (const each of impossible)
      process.stdout.write(
        `Not all of ${each}: neither its trades nor narrower candles are kept.\n`,
      );
  } finally {
    progress.end();
    await runner.release();
  }
}

/** Of the market time that is left. */
class Progress {
  private readonly bar = process.stderr.isTTY
    ? new SingleBar({
        format: "{bar} {percentage} % | {doing}",
        hideCursor: true,
        stream: process.stderr,
        linewrap: false,
      })
    : undefined;
  private mostMs = 0;
  private tenths = 0;

  show(left: readonly Unbuilt[]): void {
    const leftMs = left.reduce((ms, each) => ms + each.leftMs, 0);
    if (this.mostMs === 0) this.bar?.start(BAR_STEPS, 0, { doing: "" });
    this.mostMs = Math.max(this.mostMs, leftMs);
    const part = 1 - leftMs / this.mostMs;
    const doing = `${left[0]?.interval} of ${left[0]?.market}`;
    this.bar?.update(Math.floor(part * BAR_STEPS), { doing });
    if (this.bar !== undefined || Math.floor(part * 10) <= this.tenths) return;
    this.tenths = Math.floor(part * 10);
    process.stderr.write(`Rebuilt ${this.tenths * 10} %, now ${doing}\n`);
  }

  end(): void {
    this.bar?.stop();
  }
}
