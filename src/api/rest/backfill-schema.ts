import {
  count,
  listOf,
  market,
  nullable,
  number,
  object,
  oneOf,
  part,
  text,
  time,
} from "../../http/schema-parts.js";
import type { Backfill } from "../../persistence/stores/backfills/backfill-store.js";

/** Component `Backfill` of the OpenAPI document. */
export const BACKFILL_SCHEMA = object<Backfill>({
  id: count("Number of the job", 17),
  market,
  from: time("Requested exchange time, inclusive", 1704067200000),
  to: time("Requested exchange time, exclusive", 1706745600000),
  askedBy: oneOf("Who requested it: the first hour of a new market is a bootstrap", [
    "api",
    "command",
    "bootstrap",
  ]),
  state: oneOf(
    "`waiting` also while it is to be retried; `incomplete`: at its end, without the trades of the days in `missing`; `failed` and `cancelled` jobs keep the trades they have loaded",
    ["running", "waiting", "done", "incomplete", "failed", "cancelled"],
  ),
  reached: time("Everything before this time is loaded, or named in notes", 1705276800000),
  progress: part("Of the requested time"),
  read: count("Trades read from the sources", 4_730_112),
  stored: count("Of these, the trades that were not yet stored when they were read", 4_730_112),
  conflicts: count(
    "Trades of its files that contradict stored ones, which stay; the first are dead letters",
    0,
  ),
  rate: number("Trades read per second, recently", 104_000),
  secondsLeft: nullable(number("Seconds to the end at the rate so far; null while unknown", 55)),
  doing: nullable(text("What is being loaded", "BTCUSDT-aggTrades-2024-01.zip")),
  notes: listOf(
    { type: "string" },
    "Remarks on the result: days without a file, gaps, sources that were not used",
  ),
  missing: listOf(
    { type: "string", format: "date" },
    "UTC days of which trades could not be loaded; the notes say why",
  ),
  problem: nullable(
    text(
      "Why it failed, or why it is being retried",
      "https://data.binance.vision/… cannot be read: 503",
    ),
  ),
  askedAt: time("When it was requested"),
  startedAt: nullable(time("When it was started")),
  endedAt: nullable(time("When it ended")),
});
