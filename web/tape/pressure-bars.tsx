import type { ReadonlySignal } from "@preact/signals";
import type { Figures } from "../chart/minute-figures.js";
import { grouped } from "../frame/decimal-text.js";
import type { TradeTape } from "../live/trade-tape.js";
import type { Pressure } from "./pressure.js";

/**
 * Share of the volume that takers bought, over the last minutes. Candles do not say how much of the
 * rest is of unknown side: where the tape has such trades, there is no share.
 */
export function PressureBars({
  figures,
  tape,
}: {
  figures: ReadonlySignal<Figures | undefined>;
  tape: TradeTape;
}) {
  if (tape.trades.value.some(({ takerSide }) => takerSide === "unknown"))
    return <p class="dim">Buy and sell pressure: the side of some trades is unknown.</p>;
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
