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
import type { Backfill } from "../../persistence/stores/backfill-store.js";

/** Component `Backfill` of the OpenAPI document. */
export const BACKFILL_SCHEMA = object<Backfill>({
  id: count("Number of the job", 17),
  market,
  from: time("Exchange time asked for, inclusive", 1704067200000),
  to: time("Exchange time asked for, exclusive", 1706745600000),
  askedBy: oneOf("Who asked: the first hour of a new market is a bootstrap", [
    "api",
    "command",
    "bootstrap",
  ]),
  state: oneOf(
    "`waiting` also while it is to be tried again; `failed` and `cancelled` jobs keep what they have loaded",
    ["running", "waiting", "done", "failed", "cancelled"],
  ),
  reached: time(
    "Everything before is loaded, or named in notes",
    1705276800000,
  ),
  progress: part("Of the time asked for"),
  read: count("Trades read from the sources", 4_730_112),
  stored: count(
    "Those of them that were not stored before, as of the moment they were read",
    4_730_112,
  ),
  rate: number("Trades read a second, of late", 104_000),
  secondsLeft: nullable(
    number("To the end, at the pace so far; null while nobody can tell", 55),
  ),
  doing: nullable(text("What is under way", "BTCUSDT-aggTrades-2024-01.zip")),
  notes: listOf(
    { type: "string" },
    "What to know of the result: days without a file, holes, sources that were not used",
  ),
  problem: nullable(
    text(
      "Why it failed, or why it is being tried again",
      "https://data.binance.vision/… cannot be read: 503",
    ),
  ),
  askedAt: time("When it was asked for"),
  startedAt: nullable(time("When it was begun")),
  endedAt: nullable(time("When it ended")),
});
