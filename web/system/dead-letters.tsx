import type { System } from "../../src/api/system/system.js";
import { grouped } from "../frame/decimal-text.js";
import { timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

const COLUMNS = ["Time", "Reason", "Topic", "Key", "Detail"].map((name) => ({
  name,
}));

/** Rejected records, the newest first, each with its reason. */
export function DeadLetters({ letters }: { letters: System["deadLetters"] }) {
  const { total, newest } = letters;
  return (
    <section class="card part wide-part" aria-labelledby="letters">
      <h2 id="letters">
        Dead letters <span class="dim num">{grouped(`${total}`)}</span>
      </h2>
      {total === 0 ? (
        <p>
          <span class="up" aria-hidden="true">
            ✓
          </span>{" "}
          Every record could be read and stored.
        </p>
      ) : (
        <>
          <Scrolled label="Newest dead letters">
            <FiguresTable columns={COLUMNS}>
              {newest.map(({ id, at, reason, topic, key, detail }) => (
                <tr key={id}>
                  <td class="num">{timeText(at, zone.value)}</td>
                  <th scope="row">{reason}</th>
                  <td>{topic}</td>
                  <td>{key ?? "–"}</td>
                  <td class="detail">{detail}</td>
                </tr>
              ))}
            </FiguresTable>
          </Scrolled>
          {total > newest.length && (
            <p class="dim">
              The newest {newest.length}; all of them with their records:{" "}
              <a href="/api/v1/dead-letters?limit=100">/api/v1/dead-letters</a>
            </p>
          )}
        </>
      )}
    </section>
  );
}
