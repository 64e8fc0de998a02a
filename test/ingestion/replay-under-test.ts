import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ReplayOptions,
  type ReplaySummary,
  replay,
} from "../../src/ingestion/replay/replay.js";
import { Venues } from "../../src/venues/venues.js";
import { Tape } from "./feed-under-test.js";

/** Exchange time of a frame, epoch ms. */
export const TIME = 1_723_161_256_322;

/** Files in a folder of their own, and what came out of their replay. */
export class Recordings {
  private constructor(
    readonly tape: Tape,
    readonly folder: string,
  ) {}

  static async open(): Promise<Recordings> {
    return new Recordings(await Tape.start(), mkdtempSync(join(tmpdir(), "tapeline-replay-")));
  }

  async close(): Promise<void> {
    await this.tape.transport.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  file(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  replay(
    files: string[],
    options: Partial<ReplayOptions> & { name?: string } = {},
  ): Promise<ReplaySummary> {
    const venue = new Venues().get(options.name ?? "binance");
    if (venue === undefined) throw new Error(`no venue ${options.name}`);
    const { signal = new AbortController().signal } = options;
    const all = { venue, files, ...options, signal };
    return replay(all, this.tape.transport, () => undefined);
  }
}

/** One line of a recorder; `received` is its receive time as text. */
export function frame(id: number, time = TIME, received = `${time}000000`): string {
  const data = {
    e: "trade",
    E: time,
    s: "BTCUSDT",
    t: id,
    p: "100.50",
    q: "2.00",
    T: time,
    m: true,
  };
  return `${received} ${JSON.stringify({ stream: "btcusdt@trade", data })}`;
}
