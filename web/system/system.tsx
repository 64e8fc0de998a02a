import "./system.css";
import { useEffect, useState } from "preact/hooks";
import { ErrorNote } from "../frame/error-note.js";
import { now } from "../frame/now.js";
import { durationText } from "../frame/time-text.js";
import { Backfills } from "./backfills.js";
import { DeadLetters } from "./dead-letters.js";
import { Feeds } from "./feeds.js";
import { Gaps } from "./gaps.js";
import { Mode } from "./mode.js";
import { Pipeline } from "./pipeline.js";
import { Rebuilds } from "./rebuilds.js";
import { SystemWatch } from "./system-watch.js";

/** The system view for operators. */
export function System() {
  const [watch] = useState(() => new SystemWatch());
  useEffect(() => () => watch.close(), [watch]);
  const system = watch.system.value;
  const error = watch.error.value;
  const receivedAt = watch.receivedAt.value;
  return (
    <div class="system">
      <h1>System</h1>
      <ErrorNote what="The state cannot be read." error={error} />
      {error !== undefined && receivedAt !== undefined && (
        <p class="dim">
          What follows is <span class="num">{durationText(now.value - receivedAt)}</span> old.
        </p>
      )}
      {system === undefined ? (
        error === undefined && <p class="loading">Loading…</p>
      ) : (
        <div class="parts live-data" data-old={error !== undefined}>
          <div class="stack">
            <Mode system={system} />
            <Gaps gaps={system.gaps} />
          </div>
          <Pipeline system={system} />
          <Backfills jobs={watch.backfills.value} />
          <Rebuilds rebuilds={system.rebuilds} />
          <Feeds feeds={system.feeds} />
          <DeadLetters letters={system.deadLetters} />
        </div>
      )}
    </div>
  );
}
