import { statusWatch } from "../live/session.js";
import { feed } from "../live/session.js";
import { ErrorNote } from "./error-note.js";

/** Shown instead of the markets while none has a trade: what the server is waiting for, and why. */
export function FirstStart() {
  const status = statusWatch.status.value;
  const error = statusWatch.error.value;
  const { detail } = feed.connection.value;
  if (status === undefined)
    return (
      <section class="card message" role="status">
        <h1>Connecting to Tapeline</h1>
        {error === undefined ? (
          <p class="dim">Loading the status…{detail && ` (${detail})`}</p>
        ) : (
          <ErrorNote what="The status cannot be read." error={error} />
        )}
      </section>
    );
  const history = status.feeds.find(({ history }) => history !== null)?.history;
  return (
    <section class="card message" aria-live="polite">
      <h1>Waiting for the first trade</h1>
      <p>{status.waiting ?? nothing(status.feeds.length)}</p>
      {typeof history === "number" && (
        <progress value={history} max={1} aria-label="History of the simulated venue" />
      )}
      {status.feeds.length > 0 && (
        <ul class="plain">
          {status.feeds.map(({ market, condition, detail }) => (
            <li key={market}>
              <strong>{market}</strong> is {condition}
              {detail === null ? "" : `: ${detail}`}
            </li>
          ))}
        </ul>
      )}
      <p class="dim">{status.mode.why}.</p>
      <ErrorNote what="The status cannot be read." error={error} />
    </section>
  );
}

function nothing(feeds: number): string {
  return feeds === 0
    ? "No feed is running. Set FEEDS, replay a recording, or send trades to POST /api/v1/trades."
    : "The feeds are running; none has received a trade yet.";
}
