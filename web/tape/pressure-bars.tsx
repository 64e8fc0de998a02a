import type { ReadonlySignal } from "@preact/signals";
import type { Figures } from "../chart/minute-figures.js";
import { grouped } from "../frame/decimal-text.js";
import type { Pressure } from "./pressure.js";

/** Share of the volume that takers bought, over the last minutes. */
export function PressureBars({ figures }: { figures: ReadonlySignal<Figures | undefined> }) {
  return (
    <table class="pressure live-data" aria-label="Buy and sell pressure">
      <tbody>
        {(figures.value?.pressure ?? []).map((each) => (
          <Bar key={each.minutes} pressure={each} />
        ))}
      </tbody>
    </table>
  );
}

function Bar({ pressure }: { pressure: Pressure }) {
  const { minutes, buy, sell, buyShare } = pressure;
  const percent = (share: number) => `${(share / 10).toFixed(1)} %`;
  return (
    <tr title={`Takers bought ${grouped(buy)} and sold ${grouped(sell)} in ${minutes} min`}>
      <th scope="row">{minutes} min</th>
      <td class="num up">▲ {buyShare === undefined ? "–" : percent(buyShare)}</td>
      <td class="pressure-bar">
        <span class="track" aria-hidden="true">
          <span style={{ width: `${(buyShare ?? 500) / 10}%` }} />
        </span>
      </td>
      <td class="num down">▼ {buyShare === undefined ? "–" : percent(1_000 - buyShare)}</td>
    </tr>
  );
}
