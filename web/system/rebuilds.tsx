import type { Rebuild } from "../../src/persistence/stores/unbuilt-store.js";
import { timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

const COLUMNS = [
  { name: "Interval" },
  { name: "State" },
  { name: "Built", figures: true },
  { name: "Markets", figures: true },
  { name: "Left" },
];

/** Candles whose interval was not stored before; nothing if all are built. */
export function Rebuilds({ rebuilds }: { rebuilds: readonly Rebuild[] }) {
  if (rebuilds.length === 0) return null;
  const text = (time: number) => timeText(time, zone.value, "dayMinute");
  return (
    <section class="card part wide-part" aria-labelledby="rebuilds">
      <h2 id="rebuilds">Candles being built</h2>
      <Scrolled label="Candles being built" tall>
        <FiguresTable columns={COLUMNS}>
          {rebuilds.map(({ interval, markets, done, from, to, givenUp }) => (
            <tr key={`${interval} ${givenUp}`}>
              <th scope="row">{interval}</th>
              <td>
                <span class={givenUp ? "dim" : "up"}>{givenUp ? "not built" : "building"}</span>
              </td>
              <td class="num">{givenUp ? "–" : `${Math.floor(done * 100)} %`}</td>
              <td class="num">{markets}</td>
              <td class="num">
                {text(from)} – {text(to)}
              </td>
            </tr>
          ))}
        </FiguresTable>
      </Scrolled>
    </section>
  );
}
