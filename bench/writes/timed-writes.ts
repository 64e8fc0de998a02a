import type { DataSource } from "typeorm";
import type { Trade } from "../../src/domain/trade.js";
import { cpuSeconds } from "../harness/process-figures.js";

/** Cost of writing, without making the batches. */
export interface WritingCost {
  trades: number;
  seconds: number;
  /**
   * CPU time, microseconds a trade: of this process, and of the database's processes that serve its
   * connections.
   */
  nodeCpu: number;
  databaseCpu: number;
  /** Of each batch, ms. */
  latencies: number[];
}

/** Writes batch after batch. `source` is open on the database that they go to. */
export async function timeWrites(
  source: DataSource,
  batches: Iterable<Trade[]>,
  write: (batch: Trade[]) => Promise<unknown>,
): Promise<WritingCost> {
  let trades = 0;
  let nodeMicroseconds = 0;
  const latencies: number[] = [];
  const databaseBefore = await databaseSeconds(source);
  for (const batch of batches) {
    const cpu = process.cpuUsage();
    const began = performance.now();
    await write(batch);
    latencies.push(performance.now() - began);
    const { user, system } = process.cpuUsage(cpu);
    nodeMicroseconds += user + system;
    trades += batch.length;
  }
  const database = (await databaseSeconds(source)) - databaseBefore;
  return {
    trades,
    seconds: latencies.reduce((sum, ms) => sum + ms, 0) / 1_000,
    nodeCpu: nodeMicroseconds / trades,
    databaseCpu: (database * 1e6) / trades,
    latencies,
  };
}

/** CPU time of all processes that serve connections to this database. */
async function databaseSeconds(source: DataSource): Promise<number> {
  const rows = await source.query<{ pid: number }[]>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
  );
  return rows.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}
