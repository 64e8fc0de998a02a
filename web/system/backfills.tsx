import type { Backfill } from "../../src/persistence/stores/backfills/backfill-store.js";
import { grouped } from "../frame/decimal-text.js";
import { marketPath } from "../frame/route.js";
import { durationText, timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

const TONES = {
  running: "up",
  waiting: "warn",
  done: "dim",
  incomplete: "warn",
  failed: "down",
  cancelled: "dim",
} as const satisfies Record<Backfill["state"], string>;

const COLUMNS = [
  { name: "Market" },
  { name: "Span" },
  { name: "State" },
  { name: "Progress", figures: true },
  { name: "Rate", figures: true, title: "Trades read per second, recently" },
  { name: "Time left", figures: true },
  { name: "Note" },
];

/** Jobs that load history, open ones first; nothing if there are none. */
export function Backfills({ jobs }: { jobs: readonly Backfill[] }) {
  if (jobs.length === 0) return null;
  const open = jobs.filter(({ endedAt }) => endedAt === null);
  const ended = jobs.filter(({ endedAt }) => endedAt !== null);
  return (
    <section class="card part wide-part" aria-labelledby="backfills">
      <h2 id="backfills">
        Backfills <span class="dim num">{open.length} open</span>
      </h2>
      <Scrolled label="Backfills" tall>
        <FiguresTable columns={COLUMNS}>
          {[...open, ...ended].map((job) => (
            <Job key={job.id} job={job} />
          ))}
        </FiguresTable>
      </Scrolled>
    </section>
  );
}

function Job({ job }: { job: Backfill }) {
  const { market, from, to, state, progress, rate, secondsLeft } = job;
  const text = (time: number) => timeText(time, zone.value, "dayMinute");
  return (
    <tr>
      <th scope="row">
        <a href={marketPath(market)}>{market}</a>
      </th>
      <td class="num">
        {text(from)} – {text(to)}
      </td>
      <td>
        <span class={TONES[state]}>{state}</span>
      </td>
      <td class="num">{Math.floor(progress * 100)} %</td>
      <td class="num">{state === "running" ? `${grouped(rate.toFixed(0))}/s` : "–"}</td>
      <td class="num">{secondsLeft === null ? "–" : durationText(secondsLeft * 1_000)}</td>
      <td class="detail">{noteOf(job)}</td>
    </tr>
  );
}

/** The problem, else the current step, else the notes on the result. */
function noteOf({ problem, doing, notes }: Backfill): string {
  const first = problem ?? doing ?? notes[0] ?? "";
  const more = notes.length - (first === notes[0] ? 1 : 0);
  return more > 0 ? `${first} (and ${more} more in GET /api/v1/backfills)` : first;
}
