import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/app.js";
import { createDatabase } from "../support/databases.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tapeline-commands-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, text: string): string => {
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
  expect(code).toBe(0);
  expect(output).toContain("Replayed 2 trades");
  expect(output).toMatch(/bad_price.*trades\.csv:3/);
  expect(await run(["migrate"], settings)).toMatchObject({
    code: 0,
    output: "The tables are up to date.\n",
  });
});
