import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { replay } from "../../src/ingestion/replay/replay.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import { Venues } from "../../src/venues/venues.js";
import { Recordings, TIME, frame } from "./replay-under-test.js";

let recorded: Recordings;

beforeEach(async () => {
  recorded = await Recordings.open();
});

afterEach(() => recorded.close());

describe("a recording", () => {
  it.each([
    ["ns", "000000"],
    ["µs", "000"],
    ["ms", ""],
  ])("with receive times in %s gives them in ms", async (_, digits) => {
    await recorded.replay([
      recorded.file("a.log", `${frame(1, TIME, `${TIME - 1_200}${digits}`)}\n`),
    ]);
    expect(recorded.tape.trades).toMatchObject([
      { receivedAt: TIME - 1_200, time: TIME, source: "replay", amount: "2" },
    ]);
  });

  it.each([
    ["plain, with a last line that does not end", (text: string) => text],
    ["with the line ends of another system", (text: string) => text.replaceAll("\n", "\r\n")],
    ["packed", (text: string) => gzipSync(text)],
    [
      "packed in two members",
      (text: string) => Buffer.concat([gzipSync(`${frame(0)}\n`), gzipSync(text)]),
    ],
  ])("is read %s", async (_, pack) => {
    await recorded.replay([
      recorded.file("a.log", pack([frame(1), frame(2), frame(3)].join("\n"))),
    ]);
    expect(recorded.tape.trades.slice(-3).map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });

  it("of CSV is read with a header or without, in ms, µs or ns", async () => {
    const rows = [
      `${TIME},100.50,2.0,buy,7`,
      `${TIME + 1}000,100,1,sell,8`,
      `${TIME + 2}000000,0.10,3,SELL,9`,
    ];
    await recorded.replay([
      recorded.file(
        "LTCUSDT_a.csv",
        `\uFEFFTimestamp,price,quantity,side,tradeId\n${rows[0]}\n\n${rows[1]}\n`,
      ),
    ]);
    await recorded.replay([recorded.file("b.csv", rows[2] ?? "")], {
      symbol: "LTCUSDT",
    });
    const common = { market: "binance:LTCUSDT", kind: "raw", ids: "dense" };
    expect(recorded.tape.trades).toMatchObject([
      { ...common, id: "7", price: "100.5", time: TIME, takerSide: "buy" },
      { ...common, id: "8", time: TIME + 1, takerSide: "sell" },
      { ...common, id: "9", price: "0.1", time: TIME + 2, takerSide: "sell" },
    ]);
  });

  it("of CSV has prints off the book where there is neither price nor amount", async () => {
    const summary = await recorded.replay([
      recorded.file("LTCUSDT_a.csv", `${TIME},0.00,0,buy,7\n${TIME},5,0,buy,8\n`),
    ]);
    expect(recorded.tape.trades).toMatchObject([
      { id: "7", price: "0", amount: "0", offBook: true },
    ]);
    expect([...summary.refused.keys()]).toEqual(["bad_amount"]);
  });

  it("of REST aggregates is read, on one line or on many", async () => {
    const page = [{ a: 1, p: "5", q: "1", f: 10, l: 12, T: TIME, m: false, M: true }];
    await recorded.replay(
      [
        recorded.file("one.json", JSON.stringify(page)),
        recorded.file("many.json", JSON.stringify(page, null, 2)),
      ],
      { symbol: "BTCUSDT" },
    );
    expect(
      recorded.tape.trades.map(({ ord, count, kind, time }) => [ord, count, kind, time]),
    ).toEqual([
      ["10", 3, "aggregated", TIME],
      ["10", 3, "aggregated", TIME],
    ]);
  });
});

describe("a damaged file", () => {
  const ids = (): string[] => recorded.tape.trades.map(({ id }) => id);
  const numbered = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => String(from + at));
  const frames = (from: number, to: number): string =>
    numbered(from, to)
      .map((id) => `${frame(Number(id))}\n`)
      .join("");

  it.each<[string, () => Buffer, number, RegExp]>([
    [
      "packed and cut off",
      () => gzipSync(frames(1, 3_000)).subarray(0, -20),
      2_990,
      /cannot be read beyond line \d+: unexpected end of file/,
    ],
    [
      "packed, with a block that is none",
      () => {
        // Blocks that are not packed: a byte, the length, and the length inverted.
        const bytes = gzipSync(frames(1, 3_000), { level: 0 });
        let at = 10;
        while (at < 200_000) at += 5 + bytes.readUInt16LE(at + 1);
        bytes.writeUInt16LE(0, at + 3);
        return bytes;
      },
      1_000,
      /cannot be read beyond line \d+: invalid stored block lengths/,
    ],
  ])(
    "gives all that comes before the damage, and the next file: %s",
    async (_, made, least, why) => {
      const summary = await recorded.replay([
        recorded.file("a.gz", made()),
        recorded.file("b.log", frames(5_000, 5_010)),
      ]);
      expect(summary.damaged).toEqual([expect.stringMatching(why) as string]);
      const line = Number(/line (\d+)/.exec(summary.damaged[0] ?? "")?.[1]);
      expect(line).toBeGreaterThan(least);
      expect(ids()).toEqual([...numbered(1, line + 1), ...numbered(5_000, 5_010)]);
      expect([summary.trades, summary.entries]).toEqual([line + 10, line + 10]);
    },
  );

  it("is not read beyond an unfinished line", async () => {
    const summary = await recorded.replay([
      recorded.file("a.log", `${frame(1)}\n${frame(2).slice(0, -9)}`),
      // The last id was 1235.
      recorded.file("LTCUSDT_b.csv", `${TIME},1,1,buy,1234\n${TIME + 1},1,1,buy,123`),
      // Two lines that became one.
      recorded.file("LTCUSDT_c.csv", `${TIME},1,1,buy,7\n${TIME},1,1,b${TIME},1,1,buy,9\n`),
      recorded.file("d.log", frame(3)),
      // The newest first: nothing says that the last one is cut off.
      recorded.file("LTCUSDT_e.csv", `${TIME},1,1,buy,12\n${TIME},1,1,buy,11\n${TIME},1,1,buy,10`),
    ]);
    expect(ids()).toEqual(["1", "1234", "7", "3", "12", "11", "10"]);
    expect(summary.refused).toEqual(
      new Map([
        ["not_json", { count: 1, first: expect.stringMatching(/a\.log:2: /) as string }],
        [
          "bad_line",
          {
            count: 2,
            first: expect.stringMatching(/b\.csv:2: the file ends within this line/) as string,
          },
        ],
      ]),
    );
  });

  it("gives the elements of an array before the damage", async () => {
    const element = (a: number, note = ""): object => ({
      a,
      p: "5",
      q: "1",
      f: a,
      l: a,
      T: TIME,
      m: false,
      note,
    });
    const text = JSON.stringify([element(1, 'a "}" in it'), element(2), element(3)], null, 1);
    const summary = await recorded.replay([
      recorded.file("BTCUSDT_cut.json", text.slice(0, -20)),
      recorded.file("BTCUSDT_one.json.gz", gzipSync(JSON.stringify([element(8)])).subarray(0, -4)),
      recorded.file(
        "BTCUSDT_many.json.gz",
        gzipSync(`[\n${JSON.stringify(element(9))}\n]\n`).subarray(0, -4),
      ),
      recorded.file(
        "BTCUSDT_hole.json",
        `[${JSON.stringify(element(5))},,${JSON.stringify(element(6))}]`,
      ),
    ]);
    expect(ids()).toEqual(["1", "2", "8", "9", "5"]);
    expect(summary.damaged).toEqual([
      expect.stringMatching(/cut\.json: is not a JSON array, read up to element 2: /) as string,
      expect.stringMatching(/one\.json\.gz: cannot be read beyond line 0: /) as string,
      expect.stringMatching(/many\.json\.gz: cannot be read beyond line 3: /) as string,
      expect.stringMatching(/hole\.json: is not a JSON array, read up to element 1: /) as string,
    ]);
  });
});

describe("a file that cannot be replayed", () => {
  it.each([
    ["does not exist", () => join(recorded.folder, "nowhere.gz"), /nowhere\.gz: no such file/],
    [
      "is a folder",
      () => (mkdirSync(join(recorded.folder, "sub")), join(recorded.folder, "sub")),
      /sub: is a folder/,
    ],
  ])("because it %s is named, and why", async (_, path, message) => {
    await expect(recorded.replay([path()])).rejects.toThrow(message);
  });

  it.each([
    [
      "is something else",
      () => recorded.file("x.bin", "hello\nworld\n"),
      /x\.bin: line 1 is none of the formats/,
    ],
    [
      "does not name its symbol",
      () => recorded.file("x.csv", `${TIME},1,1,buy,1`),
      /x\.csv: its trades do not name their symbol: add --symbol/,
    ],
  ])("because it %s keeps no other from being sent", async (_, path, message) => {
    const files = [recorded.file("a.log", frame(1)), path(), recorded.file("b.log", frame(2))];
    const summary = await recorded.replay(files);
    expect(summary.damaged).toEqual([expect.stringMatching(message) as string]);
    expect(recorded.tape.trades.map(({ id }) => id)).toEqual(["1", "2"]);
  });

  it("stops the others from being sent when it does not exist", async () => {
    await expect(
      recorded.replay([recorded.file("a.log", frame(1)), join(recorded.folder, "nowhere")]),
    ).rejects.toThrow(/no such file/);
    expect(recorded.tape.trades).toEqual([]);
  });

  it("is also one whose symbol the venue spells otherwise", async () => {
    await expect(
      recorded.replay([recorded.file("x.csv", `${TIME},1,1,buy,1`)], {
        symbol: "btc-usdt",
      }),
    ).rejects.toThrow(/upper case/);
  });
});

it("uses no more memory for a larger recording", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const lines = Array.from({ length: 400_000 }, (_, n) => `${TIME + n},100.5,2,buy,${n + 1}`);
  const path = recorded.file("BTCUSDT_large.csv.gz", gzipSync(lines.join("\n"), { level: 1 }));
  lines.length = 0;
  const sink = new InProcessTransport();
  await sink.subscribe({
    group: "discards",
    ephemeral: false,
    handlers: new Map([["trades.bulk", () => Promise.resolve()]]),
    lanes: 1,
    maxBatch: 20_000,
    paceMs: 0,
  });
  const held: number[] = [];
  let next = 200_000;
  const measure = ({ trades }: { trades: number }): void => {
    if (trades < next) return;
    next += 200_000;
    collect();
    held.push(process.memoryUsage().heapUsed / 1024 / 1024);
  };
  const venue = new Venues().get("binance");
  if (venue === undefined) throw new Error("no venue binance");
  const { signal } = new AbortController();
  const files = [path, path, path];
  const { trades } = await replay({ venue, files, signal }, sink, measure);
  await sink.close();
  expect([trades, held.length]).toEqual([1_200_000, 6]);
  // A million trades would be some hundred MB.
  expect((held.at(-1) ?? 0) - (held[0] ?? 0)).toBeLessThan(20);
});
