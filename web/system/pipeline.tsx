import type { System } from "../../src/api/system/system.js";
import { grouped } from "../frame/decimal-text.js";
import { now } from "../frame/now.js";
import { durationText } from "../frame/time-text.js";
import { serverNow } from "../live/server-clock.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

const CONSUMERS = [
  { name: "Consumer" },
  { name: "Lag", figures: true },
  { name: "Queued", figures: true },
  { name: "Measured", figures: true },
  { name: "State" },
];
const QUEUES = [{ name: "Queue" }, { name: "Depth", figures: true }];

/** From the log to the tables: lag, queues and write times. */
export function Pipeline({ system }: { system: System }) {
  void now.value;
  const { consumers, write, queues } = system;
  return (
    <section class="card part" aria-labelledby="pipeline">
      <h2 id="pipeline">Pipeline</h2>
      <dl>
        {write === null ? (
          <>
            <dt>Writes</dt>
            <dd>this process does not record</dd>
          </>
        ) : (
          <>
            <dt>Write latency</dt>
            <dd class="num">
              median {msText(write.p50Ms)}, 99 % within {msText(write.p99Ms)}
            </dd>
            <dt>Written</dt>
            <dd class="num">
              {grouped(write.tradesPerSecond.toFixed(1))} trades/s, in {grouped(`${write.batches}`)}{" "}
              batches of the last {write.windowSeconds}&nbsp;s
            </dd>
          </>
        )}
      </dl>
      <Scrolled label="Consumers and queues">
        <FiguresTable columns={CONSUMERS} caption="Consumers and their lag">
          {consumers.map(({ group, assigned, lag, lagAt, queued }) => (
            <tr key={group}>
              <th scope="row">{group}</th>
              <td class="num">{lag === null ? "–" : grouped(`${lag}`)}</td>
              <td class="num">{grouped(`${queued}`)}</td>
              <td class="num">
                {lagAt === null ? "–" : `${durationText(serverNow() - lagAt)} ago`}
              </td>
              <td>
                {assigned ? (
                  <span class="up">● assigned</span>
                ) : (
                  <span class="warn">◌ waiting for partitions</span>
                )}
              </td>
            </tr>
          ))}
        </FiguresTable>
        <FiguresTable columns={QUEUES} caption="Queues">
          {queues.map(({ queue, depth }) => (
            <tr key={queue}>
              <th scope="row">{queue}</th>
              <td class="num">{grouped(`${depth}`)}</td>
            </tr>
          ))}
        </FiguresTable>
      </Scrolled>
    </section>
  );
}

function msText(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
