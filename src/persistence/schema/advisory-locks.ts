/**
 * Keys of PostgreSQL's advisory locks. All in one place, since two uses of one number would block
 * each other. The numbers are arbitrary.
 */
export const ADVISORY_LOCKS = {
  /** One process at a time migrates the schema. */
  migration: 7_464_010,
  /** One process at a time creates or drops the daily tables of `trade`. */
  partitions: 7_464_011,
  /** One process at a time builds candles. */
  rebuild: 7_464_013,
  /** One request at a time counts the open backfills and adds to them. */
  openBackfills: 7_464_012,
  /** With the hash of a market's name: the process that claims the market. */
  market: 7_464_020,
  /** With the hash of a job's id: the process that runs the job. */
  job: 7_464_021,
} as const;
