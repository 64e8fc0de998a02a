import { futuresLines, writeBulkFile } from "../support/bulk-files.js";
import { contents, trade } from "../support/tape.js";
import { type BackfillBench, DAY, NEW_YEAR, benchOpener } from "./backfill-under-test.js";

const FROM = NEW_YEAR - 2 * DAY;

const openBench = benchOpener();
let bench: BackfillBench;

beforeEach(async () => {
  bench = await openBench();
});

describe("a damaged file of futures", () => {
  const market = "binance-usdm:BTCUSDT";
  const period = "2024-12-30";
  const name = `BTCUSDT-trades-${period}.zip`;
  const lines = [
    ...futuresLines(
      Array.from({ length: 10 }, (_, at) => trade(market, 500 + at, FROM + at * 1_000)),
    ),
  ];

  it.each([
    [
      "a column more, as spot has one",
      lines.map((line, at) => (at === 5 ? `${line},true` : line)),
      `${name}:6: 7 columns instead of 6 (id, price, qty, quote_qty, time, is_buyer_maker)`,
    ],
    [
      "other names of columns",
      lines.with(0, "id,qty,price,quote_qty,time,is_buyer_maker"),
      `${name}:1: its columns are id,qty,price`,
    ],
    [
      "lines of another time between, as in those of October 2023",
      lines.with(4, "900,1,1,1,1735516803000,true"),
      `${name}:5: 2024-12-30T00:00:03.000Z of id 900 is before 2024-12-30T00:00:09.000Z of id 509`,
    ],
  ])("is refused by file and line: %s", async (_what, content, message) => {
    const file = { symbol: "BTCUSDT", period, kind: "trades" } as const;
    await writeBulkFile(bench.folder, { ...file, market: "futures/um" }, content);
    const job = await bench.load(FROM, FROM + DAY, market);
    expect(job.notes[0]).toContain(message);
    expect(job).toMatchObject({ state: "incomplete", missing: [period] });
    // Of the unsorted file nothing is stored before it is known to be consistent.
    expect(job.stored).toBe(0);
    const { trades } = await contents(bench.tape.source);
    expect(trades).toEqual([]);
  });

  it("that is not sorted is sorted while it is loaded", async () => {
    const [header = "", ...rows] = lines;
    const many = [
      ...futuresLines(
        Array.from({ length: 60_000 }, (_, at) => trade(market, 510 + at, FROM + 10_000 + at)),
      ),
    ].slice(1);
    // Some of it is stored before the first line is met that should have come earlier.
    const unsorted = [...rows.slice(0, 3), ...many, ...rows.slice(5), rows[4], rows[3], rows[9]];
    const file = { symbol: "BTCUSDT", period, kind: "trades", market: "futures/um" } as const;
    await writeBulkFile(bench.folder, file, [header, ...unsorted.map(String)]);
    const job = await bench.load(FROM, FROM + DAY, market);
    expect(job).toMatchObject({
      state: "done",
      stored: 60_010,
      missing: [],
      notes: [
        `${name} repeats 1 line`,
        `${name} is not sorted by id: it was sorted before it was loaded`,
      ],
    });
    const { coverage, trades } = await contents(bench.tape.source);
    expect(trades).toHaveLength(60_010);
    expect(coverage[0]).toMatch(/\{\[500,60510\)\}$/);
  });

  it("is told to contradict what is stored, which stays", async () => {
    const file = { symbol: "BTCUSDT", period, kind: "trades", market: "futures/um" } as const;
    await writeBulkFile(bench.folder, file, lines);
    await bench.load(FROM, FROM + DAY, market);
    const before = await contents(bench.tape.source);
    // Two lines with the other side, and one more trade.
    const replaced = lines.map((line, at) => (at > 8 ? line.replace(/false$/, "true") : line));
    replaced.push(...[...futuresLines([trade(market, 510, FROM + 10_000)])].slice(1));
    await writeBulkFile(bench.folder, file, replaced);
    const job = await bench.load(FROM, FROM + DAY, market);
    expect(job).toMatchObject({
      read: 11,
      stored: 1,
      conflicts: 2,
      notes: [
        `files contradict stored trades, which stay as they are: see the dead letters of ${market}`,
      ],
    });
    // What the recorder has refused of what it was shown.
    const shown = bench.refusals.map(({ reason, detail }) => [reason, /^id \d+/.exec(detail)?.[0]]);
    expect(shown).toEqual([
      ["content_conflict", "id 508"],
      ["content_conflict", "id 509"],
    ]);
    const after = await contents(bench.tape.source);
    expect(after.trades.slice(0, 10)).toEqual(before.trades);
    expect(after.trades).toHaveLength(11);
  });

  it("is taken with its header and without", async () => {
    for (const [content, stored] of [
      [lines, 10],
      [lines.slice(1), 0],
    ] as const) {
      await writeBulkFile(
        bench.folder,
        { symbol: "BTCUSDT", period, kind: "trades", market: "futures/um" },
        content,
      );
      const job = await bench.load(FROM, FROM + DAY, market);
      expect(job).toMatchObject({ state: "done", notes: [], read: 10, stored });
    }
    const { coverage, trades } = await contents(bench.tape.source);
    expect(trades).toHaveLength(10);
    expect(coverage[0]).toMatch(/\{\[500,510\)\}$/);
  });
});
