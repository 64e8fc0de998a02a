import type { Candle } from "../../src/domain/candle.js";
import { fold } from "../support/fold.js";
import { goldens } from "../support/golden.js";
import { nineOf } from "../support/klines.js";
import { recordings } from "../support/recordings.js";
import { Recordings, TIME, frame } from "./replay-under-test.js";

const input = goldens();
let recorded: Recordings;

beforeEach(async () => {
  recorded = await Recordings.open();
});

afterEach(() => recorded.close());

/** Arguments of the command, as options. */
function optionsOf(args: readonly string[]): {
  files: string[];
  name: string;
  symbol?: string;
} {
  const files = [...args];
  const take = (flag: string): string | undefined =>
    files.includes(flag) ? files.splice(files.indexOf(flag), 2)[1] : undefined;
  const name = take("--venue") ?? "";
  const symbol = take("--symbol");
  return { files, name, ...(symbol === undefined ? {} : { symbol }) };
}

describe("a recording", () => {
  it.each(input.filter(({ bars }) => bars.length > 0))(
    "of $name folds to the exchange's own candles in all nine fields",
    async ({ market, interval, replay: args, bars }) => {
      const { files, ...options } = optionsOf(args);
      const summary = await recorded.replay(files, options);
      expect([...summary.refused]).toEqual([]);
      expect(summary.trades).toBe(recorded.tape.trades.length);
      const wanted = new Set(bars.map(({ openTime }) => openTime));
      const folded = fold(
        recorded.tape.trades.filter((trade) => trade.market === market),
        interval,
      )
        .map((candle) => nineOf(candle as Candle))
        .filter(({ openTime }) => wanted.has(openTime));
      expect(folded).toEqual(bars);
    },
  );

  it("with real holes has each of them counted", async () => {
    const gaps = input.find(({ name }) => name === "ltcusdt-gaps");
    if (gaps === undefined) {
      expect(recordings()).toBeUndefined();
      return;
    }
    const { files, ...options } = optionsOf(gaps.replay);
    const { markets } = await recorded.replay(files, options);
    expect(markets.get("binance:LTCUSDT")).toMatchObject({
      trades: 152_763,
      gaps: { holes: 26, ids: 25_595n },
    });
  });

  it("ends with a clock at its newest trade for each of its markets", async () => {
    const other = frame(4, TIME + 5_000).replace('"s":"BTCUSDT"', '"s":"ETHUSDT"');
    await recorded.replay([recorded.file("a.log", [frame(1), other].join("\n"))]);
    expect(recorded.tape.clocks).toMatchObject([
      { market: "binance:BTCUSDT", clock: TIME + 5_000 },
      { market: "binance:ETHUSDT", clock: TIME + 5_000 },
    ]);
  });

  it("with bad lines has them counted by reason and named by place, and the others sent", async () => {
    const lines = [
      frame(1),
      "garbage",
      `${TIME} {"stream":"btcusdt@trade","data":{`,
      frame(2).replace("100.50", "-1"),
      frame(3),
      "more garbage",
    ];
    const path = recorded.file("a.log", lines.join("\n"));
    const { trades, entries, refused } = await recorded.replay([path]);
    expect([trades, entries]).toEqual([2, 6]);
    expect(
      [...refused].map(([reason, { count, first }]) => [
        reason,
        count,
        first.slice(0, path.length + 2),
      ]),
    ).toEqual([
      ["bad_line", 2, `${path}:2`],
      ["not_json", 1, `${path}:3`],
      ["bad_price", 1, `${path}:4`],
    ]);
  });

  it("is sent at a multiple of its own speed", async () => {
    const lines = Array.from({ length: 11 }, (_, second) =>
      frame(second + 1, TIME + second * 1_000),
    );
    const started = performance.now();
    await recorded.replay([recorded.file("a.log", lines.join("\n"))], {
      speed: 20,
    });
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(440);
    expect(took).toBeLessThan(3_000);
    expect(recorded.tape.trades).toHaveLength(11);
  });

  it("stops when aborted, without waiting for due trades", async () => {
    const stopping = new AbortController();
    const lines = [frame(1), frame(2, TIME + 3_600_000)].join("\n");
    const sending = recorded.replay([recorded.file("a.log", lines)], {
      speed: 1,
      signal: stopping.signal,
    });
    setTimeout(() => stopping.abort(new Error("stopped by a test")), 100);
    await expect(sending).rejects.toThrow(/abort|stopped/);
  });
});
