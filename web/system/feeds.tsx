import { useState } from "preact/hooks";
import type { System } from "../../src/api/system/system.js";
import { grouped } from "../frame/decimal-text.js";
import { CONDITIONS, ConditionText, conditionOf } from "../frame/feed-condition.js";
import { now } from "../frame/now.js";
import { marketPath } from "../frame/route.js";
import { durationText, timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import { serverNow } from "../live/server-clock.js";
import { FiguresTable, Scrolled } from "./figures-table.js";

type Feed = System["feeds"][number];

/** Rendering two hundred rows at once would block the page; feeds with problems come first. */
const FIRST_ROWS = 40;

const COLUMNS = [
  { name: "Market" },
  { name: "State" },
  { name: "Since" },
  { name: "Lag", figures: true },
  { name: "Last trade", figures: true },
  { name: "Reconnects", figures: true },
  { name: "Refused", figures: true },
  { name: "Clock", figures: true },
  { name: "Detail" },
];

/** Problems first: with two hundred feeds the broken one must not be on page four. */
export function Feeds({ feeds }: { feeds: readonly Feed[] }) {
  const order = Object.keys(CONDITIONS);
  const time = serverNow();
  const severity = (feed: Feed) => order.indexOf(conditionOf(feed, time));
  const sorted = [...feeds].sort(
    (a, b) => severity(b) - severity(a) || (a.market < b.market ? -1 : 1),
  );
  const [whole, setWhole] = useState(false);
  const rows = whole ? sorted : sorted.slice(0, FIRST_ROWS);
  const live = feeds.filter((feed) => conditionOf(feed, time) === "live").length;
  return (
    <section class="card part wide-part" aria-labelledby="feeds">
      <h2 id="feeds">
        Feeds{" "}
        <span class="dim num">
          {live} of {feeds.length} live
        </span>
      </h2>
      {feeds.length === 0 ? (
        <p class="dim">No feed is running.</p>
      ) : (
        <Scrolled label="Feeds" tall>
          <FiguresTable columns={COLUMNS}>
            {rows.map((feed) => (
              <FeedRow key={feed.market} feed={feed} />
            ))}
          </FiguresTable>
        </Scrolled>
      )}
      {rows.length < sorted.length && (
        <p>
          <button type="button" onClick={() => setWhole(true)}>
            All {sorted.length} feeds
          </button>
        </p>
      )}
    </section>
  );
}

function FeedRow({ feed }: { feed: Feed }) {
  void now.value;
  const time = serverNow();
  const { lastTradeAt, lagMs } = feed;
  return (
    <tr>
      <th scope="row">
        <a href={marketPath(feed.market)}>{feed.market}</a>
      </th>
      <td>
        <ConditionText of={conditionOf(feed, time)} />
      </td>
      <td class="num">{timeText(feed.since, zone.value)}</td>
      <td class="num">{lagMs === null ? "–" : `${grouped(`${lagMs}`)} ms`}</td>
      <td class="num">
        {lastTradeAt === null ? "none yet" : `${durationText(time - lastTradeAt)} ago`}
      </td>
      <td class="num">{grouped(`${feed.reconnects}`)}</td>
      <td class="num">{grouped(`${feed.refused}`)}</td>
      <ClockCell clock={feed.clock} />
      <td class="detail">{feed.detail ?? ""}</td>
    </tr>
  );
}

/** From here on, the server's clock is wrong, or the venue's. */
const WRONG_SKEW_MS = 2_000;

/** The venue's clock minus the server's, and what made it jump. */
function ClockCell({ clock }: { clock: Feed["clock"] }) {
  if (clock === null || clock.skewMs === null) return <td class="num">–</td>;
  const { skewMs, jumps, doubted } = clock;
  const isWrong = Math.abs(skewMs) >= WRONG_SKEW_MS;
  const sign = skewMs > 0 ? "+" : "−";
  return (
    <td
      class={isWrong ? "num down" : "num"}
      title={`The venue's clock minus the server's; ${jumps} jumps, ${doubted} messages that were ahead of it`}
    >
      {sign}
      {grouped(`${Math.abs(skewMs)}`)} ms
      {jumps + doubted > 0 && ` (${jumps} + ${doubted})`}
    </td>
  );
}
