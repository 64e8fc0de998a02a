import { get as httpGet } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataSource } from "typeorm";
import type { Candle } from "../../src/domain/candle.js";
import { CANDLE_COLUMNS, csvOf } from "../../src/http/csv.js";
import { until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";
import { type Row, restClient } from "./rest-client.js";

const MARKET = "sim:YEAR";
const START = 1_672_531_200_000;
const MINUTE = 60_000;
const MINUTES = 120_000;
/** Memory is sampled each time this many bytes have arrived. */
const LOOK_BYTES = 500_000;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const candles = `/api/v1/markets/${MARKET}/candles?interval=1m`;

let api: ApiUnderTest;
const { get } = restClient(() => api.url);

beforeAll(async () => {
  api = await startApi(await createDatabase(), { INTERVALS: "1m" });
  for (let at = 0; at < MINUTES; at += 20_000)
    await api.record(
      Array.from({ length: 20_000 }, (_, index) =>
        trade(MARKET, at + index, START + (at + index) * MINUTE, {
          price: `${20_000 + ((at + index) % 977)}.${index % 100}1`,
          amount: "0.000000000000000001",
        }),
      ),
    );
}, 300_000);

afterAll(async () => {
  await api.close();
});

/**
 * Bytes of an answer that is read to its end without being kept, and the peak of memory meanwhile.
 */
async function drain(path: string): Promise<{ bytes: number; lines: number; peak: number }> {
  const { body } = await fetch(api.url + path);
  if (body === null) throw new Error("no body");
  const result = { bytes: 0, lines: 0, peak: 0 };
  let look = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    result.bytes += chunk.length;
    for (const byte of chunk) if (byte === 10) result.lines++;
    if (result.bytes < look) continue;
    look = result.bytes + LOOK_BYTES;
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    result.peak = Math.max(result.peak, heapUsed + arrayBuffers);
  }
  return result;
}

describe("a whole range as CSV", () => {
  it("holds every candle as the pages of JSON have it", async () => {
    const whole = await get<string>(`${candles}&start=${START}&format=csv`);
    expect(whole.headers.get("content-type")).toMatch(/^text\/csv/);
    expect(whole.headers.get("content-disposition")).toBe(
      `attachment; filename="sim-YEAR-1m-2023-01-01T00-00-00Z.csv"`,
    );
    const pages: Candle[] = [];
    for (let start = START; ; start = (pages.at(-1)?.openTime ?? 0) + 1) {
      const { body } = await get<Candle[]>(`${candles}&start=${start}&limit=1000`);
      if (body.length === 0) break;
      pages.push(...body);
    }
    expect(pages).toHaveLength(MINUTES);
    expect(pages[1]?.volume).toBe("0.000000000000000001");
    // Not by `toBe`, which would print the difference of two texts of 20 MB.
    expect(whole.body === csvOf(CANDLE_COLUMNS, pages)).toBe(true);
  });

  it("does not grow memory with the range", async () => {
    await drain(`${candles}&start=${START}&end=${START + 5_000 * MINUTE}&format=csv`);
    const short = await drain(
      `${candles}&start=${START}&end=${START + 10_000 * MINUTE}&format=csv`,
    );
    const long = await drain(`${candles}&start=${START}&format=csv`);
    expect([short.lines, long.lines]).toEqual([10_001, MINUTES + 1]);
    expect(long.bytes).toBeGreaterThan(15_000_000);
    expect(long.peak - short.peak).toBeLessThan(3_000_000);
  });

  it("is bounded by end, and by Accept as by format", async () => {
    const range = `start=${START + MINUTE}&end=${START + 2_500 * MINUTE}`;
    const [byFormat, byAccept] = [
      await get<string>(`${candles}&${range}&format=csv`),
      await get<string>(`${candles}&${range}`, {
        headers: { accept: "text/csv" },
      }),
    ];
    expect(byFormat.body.trimEnd().split("\r\n")).toHaveLength(1 + 2_499);
    expect(byAccept.body).toBe(byFormat.body);
    expect(byAccept.headers.get("content-disposition")).toBeNull();
    const page = await get<Row[]>(`${candles}&${range}&format=json`, {
      headers: { accept: "text/csv" },
    });
    expect(page.body).toHaveLength(500);
    const limited = await get<string>(`${candles}&${range}&format=csv&limit=7`);
    expect(limited.body.trimEnd().split("\r\n")).toHaveLength(8);
    const none = await get<string>(`${candles}&start=${START - 5}&end=${START}&format=csv`);
    expect(none.body.trimEnd().split("\r\n")).toHaveLength(1);
  });

  it("waits for a slow client, and ends when the client disconnects", async () => {
    const source = api.app.get(DataSource, { strict: false });
    const calls = countQueries(source);
    const response = await new Promise<import("node:http").IncomingMessage>((done, fail) =>
      httpGet(`${api.url}${candles}&start=${START}&format=csv`, done).on("error", fail),
    );
    // Nothing is read: at most the socket buffers' content may be queried from the database.
    let queries = -1;
    await until(async () => {
      const before = calls.count;
      await sleep(300);
      queries = calls.count;
      return before === queries;
    }, 20_000);
    expect(queries).toBeGreaterThan(1);
    expect(queries).toBeLessThan(MINUTES / 1_000 / 2);
    response.destroy();
    await sleep(500);
    expect(calls.count - queries).toBeLessThanOrEqual(2);
    calls.stop();
  });

  it("answers HEAD without reading the range, and a wrong format with the valid ones", async () => {
    const head = await fetch(`${api.url}${candles}&start=${START}&format=csv`, {
      method: "HEAD",
    });
    expect([head.status, head.headers.get("content-type")]).toEqual([
      200,
      "text/csv; charset=utf-8; header=present",
    ]);
    const { status, body } = await get(`${candles}&format=xml`);
    expect([status, body.detail]).toEqual([400, 'format must be csv or json, not "xml"']);
  });
});

/** Counts the statements of the candles' pages. */
function countQueries(source: DataSource): { count: number; stop: () => void } {
  const original = source.query.bind(source);
  const counter = {
    count: 0,
    stop: () => {
      source.query = original;
    },
  };
  source.query = ((...args: Parameters<typeof original>) => {
    if (String(args[0]).includes("WITH page AS")) counter.count++;
    return original(...args);
  }) as typeof source.query;
  return counter;
}
