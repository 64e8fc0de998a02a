import type { System } from "../../src/api/system/system.js";
import { durationText } from "../frame/time-text.js";
import { statusWatch } from "../live/session.js";

/** What is running, and why. */
export function Mode({ system }: { system: System }) {
  const { mode, roles, version, uptime, waiting, history } = system;
  const status = statusWatch.status.value;
  return (
    <section class="card part" aria-labelledby="mode">
      <h2 id="mode">Mode</h2>
      <dl>
        <dt>Prices</dt>
        <dd>{pricesText(status?.simulated)}</dd>
        <dt>Database</dt>
        <dd>{mode.database}</dd>
        <dt>Transport</dt>
        <dd>{mode.transport}</dd>
        <dt>Why</dt>
        <dd>{mode.why}.</dd>
        <dt>Roles here</dt>
        <dd>{roles.join(", ")}</dd>
        <dt>Version</dt>
        <dd class="num">
          {version}, up for {durationText(uptime * 1_000)}
        </dd>
        {waiting !== null && (
          <>
            <dt>Waiting</dt>
            <dd>{waiting}</dd>
          </>
        )}
        {history !== null && (
          <>
            <dt>History</dt>
            <dd>
              <progress value={history.done} max={1} aria-label="History of the simulated venue" />{" "}
              <span class="num">{Math.floor(history.done * 100)} %</span>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function pricesText(simulated: boolean | undefined): string {
  if (simulated === undefined) return "–";
  return simulated ? "simulated markets are among them" : "live";
}
