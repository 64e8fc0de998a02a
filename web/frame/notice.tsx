import { feed, markets, statusWatch } from "../live/session.js";
import { ErrorNote } from "./error-note.js";

/** Warnings about the figures: simulated prices, missing data, failures. */
export function Notice() {
  const status = statusWatch.status.value;
  const error = statusWatch.error.value;
  const empty = markets.names.value.length === 0;
  // A lost connection has its own banner, and without data the first start shows what it waits for.
  const connected = feed.connection.value.state === "connected";
  const lines = [status?.notice, empty ? null : status?.waiting].filter(
    (line) => typeof line === "string",
  );
  return (
    <>
      {lines.length > 0 && (
        <aside class="notice" aria-label="Notice">
          {lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </aside>
      )}
      {connected && !empty && <ErrorNote what="The status cannot be read." error={error} />}
    </>
  );
}
