import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Candle } from "../../src/domain/candle.js";
import {
  type ReplayOptions,
  type ReplaySummary,
  replay,
} from "../../src/ingestion/replay.js";
import { VENUES } from "../../src/ingestion/venues.js";
import { fold } from "../support/fold.js";
import { goldens } from "../support/golden.js";
import { nineOf } from "../support/klines.js";
import { recordings } from "../support/recordings.js";
import { Tape } from "./feed-under-test.js";

const TIME = 1_723_161_256_322;
const input = goldens();

let tape: Tape;
let folder: string;

beforeEach(async () => {
  tape = await Tape.start();
  folder = mkdtempSync(join(tmpdir(), "tapeline-replay-"));
});

afterEach(async () => {
  await tape.transport.close();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function send(
  files: string[],
  options: Partial<ReplayOptions> & { name?: string } = {},
): Promise<ReplaySummary> {
  const venue = VENUES.get(options.name ?? "binance");
  if (venue === undefined) throw new Error(`no venue ${options.name}`);
  const { signal = new AbortController().signal } = options;
  return replay(
    { venue, files, ...options, signal },
    tape.transport,
    () => undefined,
  );
}

function frame(id: number, time = TIME, received = `${time}000000`): string {
  const data = {
    e: "trade",
    E: time,
    s: "BTCUSDT",
    t: id,
    p: "100.50",
    q: "2.00",
    T: time,
    m: true,
  };
  return `${received} ${JSON.stringify({ stream: "btcusdt@trade", data })}`;
}

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
      const summary = await send(files, options);
      expect([...summary.refused]).toEqual([]);
      expect(summary.trades).toBe(tape.trades.length);
      const wanted = new Set(bars.map(({ openTime }) => openTime));
      const folded = fold(
        tape.trades.filter((trade) => trade.market === market),
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
    const { markets } = await send(files, options);
    expect(markets.get("binance:LTCUSDT")).toMatchObject({
      trades: 152_763,
      gaps: { holes: 26, ids: 25_595n },
    });
  });

  it.each([
    ["ns", "000000"],
    ["µs", "000"],
    ["ms", ""],
  ])("with receive times in %s gives them in ms", async (_, digits) => {
    await send([
      file("a.log", `${frame(1, TIME, `${TIME - 1_200}${digits}`)}\n`),
    ]);
    expect(tape.trades).toMatchObject([
      { receivedAt: TIME - 1_200, time: TIME, source: "replay", amount: "2" },
    ]);
  });

  it.each([
    ["plain, with a last line that does not end", (text: string) => text],
    [
      "with the line ends of another system",
      (text: string) => text.replaceAll("\n", "\r\n"),
    ],
    ["packed", (text: string) => gzipSync(text)],
    [
      "packed in two members",
      (text: string) =>
        Buffer.concat([gzipSync(`${frame(0)}\n`), gzipSync(text)]),
    ],
  ])("is read %s", async (_, pack) => {
    await send([
      file("a.log", pack([frame(1), frame(2), frame(3)].join("\n"))),
    ]);
    expect(tape.trades.slice(-3).map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });

  it("of CSV is read with a header or without, in ms, µs or ns", async () => {
    const rows = [
      `${TIME},100.50,2.0,buy,7`,
      `${TIME + 1}000,100,1,sell,8`,
      `${TIME + 2}000000,0.10,3,SELL,9`,
    ];
    await send([
      file(
        "LTCUSDT_a.csv",
        `\uFEFFTimestamp,price,quantity,side,tradeId\n${rows[0]}\n\n${rows[1]}\n`,
      ),
    ]);
    await send([file("b.csv", rows[2] ?? "")], { symbol: "LTCUSDT" });
    const common = { market: "binance:LTCUSDT", kind: "raw", ids: "dense" };
    expect(tape.trades).toMatchObject([
      { ...common, id: "7", price: "100.5", time: TIME, takerSide: "buy" },
      { ...common, id: "8", time: TIME + 1, takerSide: "sell" },
      { ...common, id: "9", price: "0.1", time: TIME + 2, takerSide: "sell" },
    ]);
  });

  it("of REST aggregates is read, on one line or on many", async () => {
    const page = [
      { a: 1, p: "5", q: "1", f: 10, l: 12, T: TIME, m: false, M: true },
    ];
    await send(
      [
        file("one.json", JSON.stringify(page)),
        file("many.json", JSON.stringify(page, null, 2)),
      ],
      { symbol: "BTCUSDT" },
    );
    expect(
      tape.trades.map(({ ord, count, kind, time }) => [ord, count, kind, time]),
    ).toEqual([
      ["10", 3, "aggregated", TIME],
      ["10", 3, "aggregated", TIME],
    ]);
  });

  it("ends with a clock at its newest trade for each of its markets", async () => {
    const other = frame(4, TIME + 5_000).replace(
      '"s":"BTCUSDT"',
      '"s":"ETHUSDT"',
    );
    await send([file("a.log", [frame(1), other].join("\n"))]);
    expect(tape.clocks).toMatchObject([
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
    const path = file("a.log", lines.join("\n"));
    const { trades, entries, refused } = await send([path]);
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
    await send([file("a.log", lines.join("\n"))], { speed: 20 });
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(440);
    expect(took).toBeLessThan(3_000);
    expect(tape.trades).toHaveLength(11);
  });

  it("stops when told to, without waiting for what is due", async () => {
    const stopping = new AbortController();
    const lines = [frame(1), frame(2, TIME + 3_600_000)].join("\n");
    const sending = send([file("a.log", lines)], {
      speed: 1,
      signal: stopping.signal,
    });
    setTimeout(() => stopping.abort(new Error("stopped by a test")), 100);
    await expect(sending).rejects.toThrow(/abort|stopped/);
  });
});

describe("a file that cannot be replayed", () => {
  it.each([
    [
      "does not exist",
      () => join(folder, "nowhere.gz"),
      /nowhere\.gz: no such file/,
    ],
    [
      "is a folder",
      () => (mkdirSync(join(folder, "sub")), join(folder, "sub")),
      /sub: is a folder/,
    ],
    [
      "is something else",
      () => file("x.bin", "hello\nworld\n"),
      /x\.bin: line 1 is none of the formats/,
    ],
    [
      "is half a packed one",
      () =>
        file(
          "x.gz",
          gzipSync([frame(1), frame(2)].join("\n")).subarray(0, -20),
        ),
      /x\.gz: cannot be read beyond line \d+: /,
    ],
    [
      "is half an array",
      () => file("BTCUSDT_x.json", '[{"a":1,'),
      /BTCUSDT_x\.json: is not a JSON array: /,
    ],
    [
      "does not say its symbol",
      () => file("x.csv", `${TIME},1,1,buy,1`),
      /x\.csv: its trades do not name their symbol: say --symbol/,
    ],
  ])("because it %s is named, and why", async (_, path, message) => {
    await expect(send([path()])).rejects.toThrow(message);
  });

  it("stops the others from being sent when it does not exist", async () => {
    await expect(
      send([file("a.log", frame(1)), join(folder, "nowhere")]),
    ).rejects.toThrow(/no such file/);
    expect(tape.trades).toEqual([]);
  });

  it("is also one whose symbol the venue spells otherwise", async () => {
    await expect(
      send([file("x.csv", `${TIME},1,1,buy,1`)], { symbol: "btc-usdt" }),
    ).rejects.toThrow(/upper case/);
  });
});

it("takes no more memory for a larger recording", async () => {
  const lines = Array.from(
    { length: 400_000 },
    (_, n) => `${TIME + n},100.5,2,buy,${n + 1}`,
  );
  const path = file(
    "BTCUSDT_large.csv.gz",
    gzipSync(lines.join("\n"), { level: 1 }),
  );
  lines.length = 0;
  const sink = {
    produce: () => Promise.resolve(),
  } as unknown as Tape["transport"];
  let most = 0;
  const measure = (): void => {
    most = Math.max(most, process.memoryUsage().heapUsed);
  };
  const before = process.memoryUsage().heapUsed;
  const venue = VENUES.get("binance");
  if (venue === undefined) throw new Error("no venue binance");
  const files = [path, path, path];
  const summary = await replay(
    { venue, files, signal: new AbortController().signal },
    sink,
    measure,
  );
  expect(summary.trades).toBe(1_200_000);
  expect(most - before).toBeLessThan(200 * 1024 * 1024);
});
