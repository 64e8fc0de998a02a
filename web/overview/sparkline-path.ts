/**
 * Points of a line, left to right; here prices become numbers, which is exact enough for pixels.
 */
export interface Line {
  /** When its first bucket opened; `times` are those of the closes. */
  from: number;
  times: readonly number[];
  closes: readonly string[];
}

/**
 * SVG path data of a price line in a box of `width` × `height`, by time, so that a gap is as wide
 * as it lasted. Undefined with fewer than two points.
 */
export function sparklinePath(
  { times, closes }: Pick<Line, "times" | "closes">,
  width: number,
  height: number,
): string | undefined {
  const [from, to] = [times[0], times.at(-1)];
  if (from === undefined || to === undefined || to <= from) return undefined;
  const prices = closes.map(Number);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const x = (time: number) => ((time - from) / (to - from)) * width;
  const y = (price: number) =>
    high === low ? height / 2 : 1 + ((high - price) / (high - low)) * (height - 2);
  return prices
    .map((price, i) => `${x(times[i]!).toFixed(1)} ${y(price).toFixed(1)}`)
    .reduce((path, point) => `${path}${path === "" ? "M" : "L"}${point}`, "");
}

export interface Ends {
  openTime: number;
  open: string;
  closeTime: number;
  last: string;
}

/**
 * The line from the window's first price to its newest one, so that it matches the change beside
 * it.
 */
export function between(line: Line, ends: Ends): Line {
  const { openTime, open, closeTime, last } = ends;
  const inside = line.times
    .map((time, i) => ({ time, close: line.closes[i]! }))
    .filter(({ time }) => time > openTime && time < closeTime);
  return {
    from: line.from,
    times: [openTime, ...inside.map(({ time }) => time), closeTime],
    closes: [open, ...inside.map(({ close }) => close), last],
  };
}
