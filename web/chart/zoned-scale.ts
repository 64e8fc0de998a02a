import {
  type IHorzScaleBehavior,
  TickMarkType,
  type Time,
  type UTCTimestamp,
  defaultHorzScaleBehavior,
} from "lightweight-charts";
import { zoneOffset } from "../frame/time-text.js";

const DAY_S = 86_400;

/**
 * The time axis in a zone. The library supports UTC only, and would put its day marks at 00:00 UTC.
 * Times stay UTC here (a shifted hour would repeat when the clocks go back); only the weight of
 * each mark is computed by local time.
 */
export function zonedScale(zone: string): IHorzScaleBehavior<Time> {
  const scale = new (defaultHorzScaleBehavior())();
  if (zone === "UTC") return scale;
  const offsetOf = offsets(zone);
  const plain = scale.fillWeightsForPoints.bind(scale);
  scale.fillWeightsForPoints = (points, startIndex) => {
    const begin = Math.max(0, startIndex - 1);
    const local = points.slice(begin).map((point) => {
      const time = Number(scale.key(point.time));
      const shifted = (time + offsetOf(time)) as UTCTimestamp;
      return { ...point, time: scale.convertHorzItemToInternal(shifted) };
    });
    plain(local, startIndex - begin);
    for (let at = startIndex; at < points.length; at++) {
      const [point, twin] = [points[at], local[at - begin]];
      if (point !== undefined && twin !== undefined) point.timeWeight = twin.timeWeight;
    }
  };
  return scale;
}

/** Seconds that the zone is ahead of UTC, cached per day for days with a single offset. */
function offsets(zone: string): (time: number) => number {
  const days = new Map<number, number | undefined>();
  const exact = (time: number) => zoneOffset(time * 1_000, zone) / 1_000;
  return (time) => {
    const day = Math.floor(time / DAY_S);
    if (!days.has(day)) {
      const [start, end] = [exact(day * DAY_S), exact((day + 1) * DAY_S)];
      days.set(day, start === end ? start : undefined);
    }
    return days.get(day) ?? exact(time);
  };
}

/** Text of a mark on the time axis, at most eight characters. */
export function tickText(zone: string): (time: Time, type: TickMarkType) => string {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  const formats: Record<TickMarkType, Intl.DateTimeFormat> = {
    [TickMarkType.Year]: format({ year: "numeric" }),
    [TickMarkType.Month]: format({ month: "short" }),
    [TickMarkType.DayOfMonth]: format({ day: "numeric", month: "short" }),
    [TickMarkType.Time]: format({ hour: "2-digit", minute: "2-digit" }),
    [TickMarkType.TimeWithSeconds]: format({
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }),
  };
  return (time, type) => formats[type].format(Number(time) * 1_000);
}
