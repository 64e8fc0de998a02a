import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Backfill } from "../../src/persistence/stores/backfills/backfill-store.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { aggregateLines, writeBulkFile } from "../support/bulk-files.js";
import { freePort, prepareDataDir, runFolder } from "../support/postgres.js";
import { trade } from "../support/tape.js";

const KEY = "0123456789abcdef";
const MARKET = "binance:BTCUSDT";
const DAY = Date.UTC(2024, 4, 6);
const PER_DAY = 60_000;
const DAYS = 4;
const TO = DAY + DAYS * 86_400_000;

let folder: string;
let settings: Settings;
let app: Process | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tapeline-backfill-"));
  for (let day = 0; day < DAYS; day++) {
    const start = DAY + day * 86_400_000;
    const trades = Array.from({ length: PER_DAY }, (_, at) =>
      trade(MARKET, 1_000_000 + day * PER_DAY + at, start + at * 1_440, {
        price: String(60_000 + ((at * 7) % 400)),
      }),
    );
    const period = new Date(start).toISOString().slice(0, 10);
    const file = { symbol: "BTCUSDT", period };
    await writeBulkFile(folder, file, aggregateLines(trades));
  }
  settings = {
    DATA_DIR: prepareDataDir(runFolder("backfill-")),
    EMBEDDED_PORT: String(await freePort()),
    INTERVALS: "1m,1h,1d",
    INGEST_KEYS: KEY,
    BINANCE_BULK_URL: pathToFileURL(folder).href,
    BINANCE_REST_URL: "http://127.0.0.1:1",
  };
}, 60_000);
afterEach(async () => {
  await app?.stop();
  app = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function request(body: object, key = KEY): Promise<Response> {
  return fetch(`${app?.url}/api/v1/backfills`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify(body),
  });
}
const jobs = (): Promise<Backfill[]> => (app as Process).get<Backfill[]>("/api/v1/backfills");

describe("a backfill of the running product", () => {
  it("is requested over the API, resumes after kill -9, and is whole", async () => {
    app = await (await Process.start(["serve"], settings)).ready();
    expect((await request({ market: MARKET, from: DAY, to: TO }, "a wrong key")).status).toBe(401);
    const refused = await request({ market: "nope", from: "soon", to: TO });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: "bad_parameter",
      errors: [{ field: "market" }, { field: "from" }],
    });
    const accepted = await request({
      market: MARKET,
      from: "2024-05-06",
      to: TO,
    });
    expect(accepted.status).toBe(201);
    const { id } = (await accepted.json()) as Backfill;
    expect(accepted.headers.get("location")).toBe(`/api/v1/backfills/${id}`);
    await until(async () => ((await jobs())[0]?.read ?? 0) > 0, 30_000);
    await app.kill();
    app = await (await Process.start(["serve"], settings)).ready();
    await until(async () => (await jobs())[0]?.state === "done", 60_000);
    expect(await jobs()).toMatchObject([
      { id, state: "done", progress: 1, notes: [], problem: null },
    ]);
    const [market] = await app.get<{ trades: number; coverage: object }[]>("/api/v1/markets");
    expect(market).toMatchObject({
      trades: PER_DAY * DAYS,
      coverage: { ranges: 1, missing: "0" },
    });
    const candles = await app.get<{ trades: number }[]>(
      `/api/v1/markets/${MARKET}/candles?interval=1d&start=${DAY}`,
    );
    expect(candles.map(({ trades }) => trades)).toEqual(
      Array.from({ length: DAYS }, () => PER_DAY),
    );
    expect(await app.stop()).toMatchObject({ code: 0 });
    const verified = await run(["verify"], settings);
    expect(verified).toMatchObject({ code: 0 });
  }, 180_000);

  it("is cancelled over the API", async () => {
    app = await (await Process.start(["serve"], { ...settings, BACKFILL_JOBS: "0" })).ready();
    const { id } = (await (
      await request({ market: MARKET, from: DAY, to: TO })
    ).json()) as Backfill;
    const headers = { authorization: `Bearer ${KEY}` };
    const path = `${app.url}/api/v1/backfills/${id}`;
    const cancelled = await fetch(path, { method: "DELETE", headers });
    expect(await cancelled.json()).toMatchObject({ id, state: "cancelled" });
    expect(await (await fetch(path)).json()).toMatchObject({
      state: "cancelled",
    });
    expect((await fetch(`${app.url}/api/v1/backfills/99999`)).status).toBe(404);
  }, 120_000);

  it("is done by the command where no server runs, and shown by it where one does", async () => {
    const args = ["backfill", "--market", MARKET, "--from", "2024-05-06", "--to", "2024-05-08"];
    const alone = await run(args, settings);
    expect(alone).toMatchObject({ code: 0 });
    expect(alone.output).toMatch(
      /binance:BTCUSDT, 2024-05-06T00:00:00.000Z – 2024-05-08T00:00:00.000Z: done/,
    );
    expect(alone.output).toContain(`${2 * PER_DAY} trades read`);
    app = await (await Process.start(["serve"], settings)).ready();
    const beside = await run(args, settings);
    expect(beside).toMatchObject({ code: 0 });
    expect(beside.output).toMatch(/: done\n/);
    expect((await jobs()).filter(({ askedBy }) => askedBy === "command")).toHaveLength(2);
  }, 180_000);

  it("is refused by the command with every reason", async () => {
    const wrong = await run(
      ["backfill", "--market", "bybit:BTCUSDT", "--from", "2024-01-02", "--to", "2024-01-01"],
      settings,
    );
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(/bybit has no history to load/);
    expect(wrong.output).toMatch(/--from must be before --to/);
    const never = await run(["backfill", "--market", MARKET, "--from", "yesterday"], settings);
    expect(never.code).toBe(1);
    expect(never.output).toMatch(/--from must be a time such as 2024-01-01/);
    const seconds = await run(["backfill", "--market", MARKET, "--from", "1704067200"], settings);
    expect(seconds.code).toBe(1);
    expect(seconds.output).toMatch(/looks like epoch seconds: in ms it is 1704067200000/);
  }, 60_000);
});
