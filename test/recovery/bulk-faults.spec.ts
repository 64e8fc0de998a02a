import { readFile, truncate, writeFile } from "node:fs/promises";
import { readConfig } from "../../src/config/config.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { aggregateLines, writeChecksum } from "../support/bulk-files.js";
import { madeTrades } from "../support/exchange/recorded-tapes.js";
import { SymbolTape } from "../support/exchange/symbol-tape.js";
import { contents } from "../support/tape.js";
import {
  type BackfillBench,
  DAY,
  MARKET,
  NEW_YEAR,
  between,
  linesOf,
  benchOpener,
  tradesOf,
} from "./backfill-under-test.js";

const FROM = NEW_YEAR - 2 * DAY;

const openBench = benchOpener();
let bench: BackfillBench;

beforeEach(async () => {
  bench = await openBench();
});

async function differences(): Promise<unknown[]> {
  const found = [];
  for await (const verdict of verify(bench.tape.source))
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0") found.push(verdict);
  return found;
}

/** `rows` trades are stored, and exactly their ids are covered. */
async function expectCovered(rows: number): Promise<void> {
  const markets: { rows: number; ids: string; covered: string }[] = await bench.tape.source.query(
    `SELECT (SELECT count(*)::integer FROM trade) AS rows, (SELECT sum(count)::bigint FROM trade) AS ids,
       (SELECT sum(upper(x) - lower(x))::bigint FROM unnest(covered) x) AS covered FROM market`,
  );
  const [market] = markets;
  expect(rows).toBeGreaterThan(0);
  expect(market?.rows).toBe(rows);
  expect(market?.covered).toBe(market?.ids);
  expect(await differences()).toEqual([]);
}

describe("a damaged or unusual bulk file", () => {
  const period = "2024-12-30";
  const name = `BTCUSDT-aggTrades-${period}.zip`;
  const lines = linesOf(FROM, FROM + DAY);
  const changed = (at: number, line: string): string[] => [
    ...lines.slice(0, at),
    line,
    ...lines.slice(at + 1),
  ];
  const columns = (lines[2] as string).split(",");
  const replaced = (at: number, value: string): string => columns.with(at, value).join(",");
  const row = (at: number): string => lines[at] as string;

  it.each([
    ["a column more", changed(2, `${row(2)},1`), `${name}:3: 9 columns instead of 8`],
    [
      "a time of another day",
      changed(2, replaced(5, "1735999999999")),
      `${name}:3: 2025-01-04T14:13:19.999Z is not of its period`,
    ],
    [
      "µs that are none",
      changed(2, replaced(5, "17355168000000")),
      `${name}:3: time must be epoch ms`,
    ],
    [
      "an id with two contents",
      [row(0), row(1), row(1).split(",").with(1, "1.5").join(",")],
      `${name}:3: its id`,
    ],
    [
      "a time in seconds",
      changed(2, replaced(5, "1735516800")),
      `${name}:3: time must be epoch ms`,
    ],
    ["a column less", changed(2, "1,2,3"), `${name}:3: 3 columns instead of 8`],
    ["no price", changed(2, replaced(1, "abc")), `${name}:3: price must be`],
    ["a side that is none", changed(2, replaced(6, "maybe")), `${name}:3: takerSide must be`],
    [
      "unknown columns",
      ["id,price,qty,first,last,time,maker,best", ...lines],
      `${name}:1: its columns are`,
    ],
  ])("is refused by file and line: %s", async (_what, content, message) => {
    await bench.file(period, content);
    const job = await bench.load(FROM, FROM + DAY);
    expect(job.notes[0]).toContain(message);
    // The exchange's REST is away, too.
    expect(job.state).toBe("waiting");
    expect(await differences()).toEqual([]);
  });

  it("is refused whole when its checksum is another's, or it is cut", async () => {
    const path = await bench.file(period, lines);
    await writeFile(`${path}.CHECKSUM`, `${"0".repeat(64)}  ${name}\n`);
    const wrong = await bench.load(FROM, FROM + DAY);
    expect(wrong.notes[0]).toMatch(/its SHA-256 is [0-9a-f]{64}, and .*CHECKSUM says 0{64}/);
    await truncate(path, (await readFile(path)).length - 100);
    await writeChecksum(path);
    const cut = await bench.load(FROM, FROM + DAY);
    expect(cut.notes[0]).toContain(`${name} is not a whole zip file`);
    expect((await contents(bench.tape.source)).coverage).toEqual([]);
  });

  it("is refused whole when its checksum file is none, or belongs to another", async () => {
    const path = await bench.file(period, lines);
    await writeFile(`${path}.CHECKSUM`, "not found\n");
    const none = await bench.load(FROM, FROM + DAY);
    expect(none.notes[0]).toContain(
      `${name}.CHECKSUM must be a SHA-256 and ${name}, not "not found\\n"`,
    );
    await writeFile(`${path}.CHECKSUM`, `${"0".repeat(64)}  other.zip\n`);
    const other = await bench.load(FROM, FROM + DAY);
    expect(other.notes[0]).toContain(`${name}.CHECKSUM must be a SHA-256 and ${name}`);
    expect((await contents(bench.tape.source)).coverage).toEqual([]);
  });

  it("is refused by the line at which its content is damaged", async () => {
    const path = await bench.file(period, lines);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 200);
    await writeFile(path, bytes);
    await writeChecksum(path);
    const job = await bench.load(FROM, FROM + DAY);
    expect(job.notes[0]).toMatch(new RegExp(`^${name}(:| cannot be unpacked after line )\\d+: `));
    expect(job).toMatchObject({ state: "waiting", stored: 0 });
    expect((await contents(bench.tape.source)).trades).toEqual([]);
    expect(await differences()).toEqual([]);
  });

  /** A day of more than a piece. */
  const crowded = [
    ...aggregateLines(tradesOf(new SymbolTape("BTCUSDT", madeTrades(1_440, 7, FROM, 2_400)))),
  ];

  it("is stored in pieces when it is large, and has the same candles where its trades are not kept", async () => {
    await bench.file(period, crowded);
    const whole = { state: "done", stored: crowded.length, read: crowded.length, notes: [] };
    expect(await bench.load(FROM, FROM + DAY)).toMatchObject(whole);
    expect(crowded.length).toBeGreaterThan(60_000);
    await expectCovered(crowded.length);
    const { candles } = await contents(bench.tape.source);
    const other = await openBench();
    const retention = new Retention(readConfig({}), other.tape.source, other.tape.partitions);
    await retention.advance(FROM + DAY);
    await other.file(period, crowded);
    expect(await other.load(FROM, FROM + DAY)).toMatchObject(whole);
    expect((await contents(other.tape.source)).candles).toEqual(candles);
  });

  it("covers what came before its first wrong line, in whole pieces", async () => {
    const at = 60_000;
    await bench.file(period, crowded.toSpliced(at, 1, "nonsense"));
    const job = await bench.load(FROM, FROM + DAY);
    expect(job.notes[0]).toContain(`${name}:${at + 1}: 1 columns instead of 8`);
    expect(job).toMatchObject({
      state: "waiting",
      stored: 50_000,
      read: 50_000,
    });
    await expectCovered(50_000);
  });

  it("changes nothing on a day whose trades are not kept, whatever came before its wrong line", async () => {
    const { source, partitions } = bench.tape;
    const retention = new Retention(readConfig({}), source, partitions);
    await retention.advance(FROM + DAY);
    await bench.file(period, [...lines.slice(0, -1), "nonsense"]);
    const job = await bench.load(FROM, FROM + DAY);
    expect(job.notes[0]).toContain(`${name}:${lines.length}: 1 columns instead of 8`);
    expect(job).toMatchObject({ state: "waiting", stored: 0 });
    const { candles, coverage } = await contents(source);
    expect(candles).toEqual([]);
    // The market's row may be there; it covers nothing.
    for (const row of coverage) expect(row).toMatch(/ \{\}$/);
  });

  it("is read in µs before the exchange changed to them, and in ms after", async () => {
    const tape = between(FROM, FROM + DAY);
    await bench.file(period, aggregateLines(tape, "µs"));
    const late = between(NEW_YEAR, NEW_YEAR + DAY);
    await bench.file("2025-01-01", aggregateLines(late, "ms"));
    for (const from of [FROM, NEW_YEAR])
      expect(await bench.load(from, from + DAY)).toMatchObject({
        state: "done",
        notes: [],
      });
    const times: unknown[] = await bench.tape.source.query(
      "SELECT count(*)::integer AS rows, min(time) AS first, max(time) AS last FROM trade",
    );
    expect(times).toEqual([
      {
        rows: tape.length + late.length,
        first: String(tape[0]?.time),
        last: String(late.at(-1)?.time),
      },
    ]);
  });

  it("is stored without repeated lines, and its holes are gaps", async () => {
    await bench.file(period, [...lines.slice(0, 100), row(99), ...lines.slice(120)]);
    const job = await bench.load(FROM, FROM + DAY);
    expect(job.state).toBe("done");
    expect(job.notes).toEqual([
      expect.stringMatching(
        new RegExp(`^${name} leaves out \\d+ ids? in 1 hole, the first before ${name}:102`),
      ),
      `${name} repeats 1 line`,
    ]);
    expect(await bench.tape.gaps.page(MARKET, { limit: 10 })).toHaveLength(1);
    expect(await differences()).toEqual([]);
  });

  it("of a month is replaced by the files of its days", async () => {
    const month = Date.UTC(2024, 11, 1);
    const all = linesOf(month, NEW_YEAR);
    await bench.file("2024-12", [...all.slice(0, 1_000), "nonsense"]);
    for (let day = month; day < NEW_YEAR; day += DAY)
      await bench.file(new Date(day).toISOString().slice(0, 10), linesOf(day, day + DAY));
    const job = await bench.load(month, NEW_YEAR);
    expect(job).toMatchObject({
      state: "done",
      notes: [
        "BTCUSDT-aggTrades-2024-12.zip:1001: 1 columns instead of 8 (agg_trade_id, price, quantity, first_trade_id, last_trade_id, transact_time, is_buyer_maker, is_best_match)",
      ],
    });
    expect((await contents(bench.tape.source)).trades).toHaveLength(
      between(month, NEW_YEAR).length,
    );
    expect(await differences()).toEqual([]);
  });
});
