import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/domain/units.js";

/** How times are written; each has a fixed width. */
const STYLES = {
  /** 2026-11-24 */
  day: { year: "numeric", month: "2-digit", day: "2-digit" },
  /** 13:05 */
  minute: { hour: "2-digit", minute: "2-digit" },
  /** 13:05:59 */
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  /** 2026-11-24, 13:05 */
  dayMinute: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  },
  /** 2026-11-24, 13:05:59 */
  daySecond: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type TimeStyle = keyof typeof STYLES;

const formats = new Map<string, Intl.DateTimeFormat>();

/** @param zone an IANA name, or UTC */
export function timeText(time: number, zone: string, style: TimeStyle = "daySecond"): string {
  const key = `${style} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    // Sweden writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat("sv-SE", {
      ...STYLES[style],
      timeZone: zone,
      hourCycle: "h23",
    });
    formats.set(key, format);
  }
  return format.format(time);
}

/** Undefined when there is no such zone. */
export function knownZone(name: string | null | undefined): string | undefined {
  if (name === null || name === undefined || name === "") return undefined;
  try {
    return new Intl.DateTimeFormat("en", {
      timeZone: name,
    }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** How far the zone is ahead of UTC at that time, in ms. */
export function zoneOffset(time: number, zone: string): number {
  if (zone === "UTC") return 0;
  const second = Math.floor(time / 1_000) * 1_000;
  const text = timeText(second, zone).replace(/,? /, "T");
  return Date.parse(`${text}Z`) - second;
}

const UNITS = [
  [DAY_MS, "d"],
  [HOUR_MS, "h"],
  [MINUTE_MS, "min"],
] as const;

/** "12 s", "3 min", "5 h", "2 d": whole units, rounded down. */
export function durationText(ms: number): string {
  for (const [width, name] of UNITS) if (ms >= width) return `${Math.floor(ms / width)} ${name}`;
  return `${Math.max(0, Math.floor(ms / 1_000))} s`;
}
