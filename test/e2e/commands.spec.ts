import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { run } from "../support/app.js";
import { createDatabase } from "../support/databases.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tapeline-commands-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, text: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

it.each([
  ["--help"],
  ["serve", "--help"],
  ["replay", "--help"],
  ["verify", "--help"],
  ["rebuild", "--help"],
  ["migrate", "--help"],
  ["url", "--help"],
])("explains itself: %s %s", async (...args) => {
  const { code, output } = await run(args.filter(Boolean));
  expect(code).toBe(0);
  expect(output).toContain(`Usage: tapeline${args.length > 1 ? ` ${args[0]}` : ""}`);
});

it.each([
  [
    "a file that is not there",
    ["replay", "--venue", "binance", "/nowhere/x.gz"],
    "/nowhere/x.gz: no such file",
  ],
  [
    "a venue that it does not know",
    ["replay", "--venue", "nyse", "x"],
    "--venue must be one of binance, binance-usdm",
  ],
  [
    "a speed that is none",
    ["replay", "--venue", "binance", "--speed", "fast", "x"],
    "--speed must be a number above 0",
  ],
  ["a replay without a venue", ["replay", "x"], "--venue"],
  ["an unknown command", ["paly"], "paly"],
])("refuses %s with a message that names it", async (_, args, message) => {
  const { code, output } = await run(args, {
    DATABASE_URL: await createDatabase(),
  });
  expect(code).toBe(1);
  expect(output).toContain(message);
  expect(output).not.toMatch(/^\s+at /m);
});

it("refuses a file of an unknown format, and names those it can read", async () => {
  const { code, output } = await run(
    ["replay", "--venue", "binance", file("notes.txt", "hello\n")],
    { DATABASE_URL: await createDatabase() },
  );
  expect(code).toBe(1);
  expect(output).toContain("timestamp,price,quantity,side,tradeId");
});

it("stores what comes before the damage of a file and in the others, and says that something was lost", async () => {
  const cut = (from: number, to: number): Buffer =>
    gzipSync(
      Array.from(
        { length: to - from },
        (_, n) => `17505074673${n + 10},83.3,1,buy,${from + n}\n`,
      ).join(""),
    );
  const paths = [
    file("LTCUSDT_1.csv.gz", cut(1, 11).subarray(0, -6)),
    file("LTCUSDT_2.csv.gz", cut(11, 21)),
  ];
  const settings = { DATABASE_URL: await createDatabase() };
  const { code, output } = await run(["replay", "--venue", "binance", ...paths], settings);
  expect(code).toBe(1);
  expect(output).toContain("Replayed 20 trades from 20 entries of 2 files");
  expect(output).toMatch(/damaged: .*LTCUSDT_1\.csv\.gz: cannot be read beyond line 10: /);
  const client = new pg.Client(settings.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query("SELECT count(*)::integer AS trades FROM trade");
  await client.end();
  expect(rows).toEqual([{ trades: 20 }]);
});

it("tells what contradicts the stored trades, which stay", async () => {
  const settings = { DATABASE_URL: await createDatabase() };
  const replay = (name: string, ...rows: string[]): ReturnType<typeof run> =>
    run(["replay", "--venue", "binance", file(name, `${rows.join("\n")}\n`)], settings);
  const rows = ["1750507467356,1.5,2,buy,1", "1750507467357,1.5,2,buy,2"];
  expect(await replay("LTCUSDT_a.csv", ...rows)).toMatchObject({ code: 0 });
  expect(await replay("LTCUSDT_a.csv", ...rows)).toMatchObject({ code: 0 });
  const { code, output } = await replay("LTCUSDT_b.csv", "1750507467356,1.7,20,sell,1");
  expect(code).toBe(1);
  expect(output).toMatch(
    /not stored: at least 1 × content_conflict, the first: id 1 of binance:LTCUSDT .* is stored as \{"price" ?: ?"1\.5", ?"amount" ?: ?"2"/,
  );
});

it("replays the good lines of a file, and says how many others there were and where the first is", async () => {
  const lines = [
    "1750507467356,83.29,0.107,buy,1",
    "1750507467357,-1,0.107,buy,2",
    "1750507467358,83.3,1,sell,3",
    "garbage",
    "1750507467359,83.3,1,both,4",
  ];
  const settings = { DATABASE_URL: await createDatabase() };
  const { code, output } = await run(
    [
      "replay",
      "--venue",
      "binance",
      "--symbol",
      "LTCUSDT",
      file("trades.csv", `timestamp,price,quantity,side,tradeId\n${lines.join("\n")}\n`),
    ],
    settings,
  );
  expect(code).toBe(1);
  expect(output).toContain("Replayed 2 trades");
  expect(output).toMatch(/bad_price.*trades\.csv:3/);
  expect(await run(["migrate"], settings)).toMatchObject({
    code: 0,
    output: "The tables are up to date.\n",
  });
});
