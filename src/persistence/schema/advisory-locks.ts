/**
 * Keys of the advisory locks, all in one place so that no two things lock each other out: any
 * numbers that nothing else in the database uses.
 */
export const ADVISORY_LOCKS = {
  /** One process at a time brings the schema up to date. */
  migration: 7_464_010,
  /** One process at a time makes or drops the daily tables of `trade`. */
  partitions: 7_464_011,
  /** One request at a time counts the open backfills and adds to them. */
  openBackfills: 7_464_012,
  /** With the hash of a market's name: who cares for it. */
  market: 7_464_020,
  /** With the hash of a job's id: who works on it. */
  job: 7_464_021,
} as const;
