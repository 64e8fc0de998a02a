import type { System } from "../../src/api/system/system.js";
import { grouped } from "../frame/decimal-text.js";
import { marketPath } from "../frame/route.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

const COLUMNS = [
  { name: "Market" },
  { name: "Gaps", figures: true },
  {
    name: "Missing",
    figures: true,
    title: "Trade ids that should be recorded and are not",
  },
  {
    name: "Unrepairable",
    figures: true,
    title: "Gaps that the venue does not return; retried every few hours",
  },
  {
    name: "Repaired",
    figures: true,
    title: "Gaps that have ended: their trades were fetched",
  },
  {
    name: "Void",
    figures: true,
    title: "Gaps that have ended: the venue itself has no trade under their ids",
  },
];

/** Missing ids by market. */
export function Gaps({ gaps }: { gaps: System["gaps"] }) {
  return (
    <section class="card part" aria-labelledby="gaps">
      <h2 id="gaps">Gaps</h2>
      {gaps.length === 0 ? (
        <p>
          <span class="up" aria-hidden="true">
            ✓
          </span>{" "}
          No trade is known to be missing.
        </p>
      ) : (
        <Scrolled label="Gaps" tall>
          <FiguresTable columns={COLUMNS}>
            {gaps.map(({ market, open, missingIds, ...ledger }) => (
              <tr key={market}>
                <th scope="row">
                  <a href={marketPath(market)}>{market}</a>
                </th>
                <td class="num">{grouped(`${open}`)}</td>
                <td class="num">{grouped(missingIds)}</td>
                <td class="num">{grouped(`${ledger.unrepairable}`)}</td>
                <td class="num">{grouped(`${ledger.repaired}`)}</td>
                <td class="num">{grouped(`${ledger.void}`)}</td>
              </tr>
            ))}
          </FiguresTable>
        </Scrolled>
      )}
    </section>
  );
}
