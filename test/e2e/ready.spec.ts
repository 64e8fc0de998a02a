import { DataSource } from "typeorm";
import type { FeedState } from "../../src/domain/feed-state.js";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { FeedStateStore } from "../../src/persistence/stores/feed-state-store.js";
import { Process, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { type TestPostgres, startPostgres } from "../support/postgres.js";

const GONE = "binance:LEFTOUT";
const DAY = 86_400_000;

interface Ready {
  status: number;
  code?: string;
  detail?: string;
  details: Record<string, { status: string; troubles?: unknown }>;
}

describe("the readiness of a process", () => {
  let postgres: TestPostgres;
  let source: DataSource;
  let app: Process;

  beforeAll(async () => {
    postgres = await startPostgres();
    const DATABASE_URL = await createDatabase(postgres.url);
    const settings = { DATABASE_URL, FEEDS: "sim:BTCUSDT", SIM_HISTORY: "off" };
    app = await (await Process.start(["serve"], settings)).ready();
    source = await new DataSource(dataSourceOptions(serverDatabase(DATABASE_URL), 1)).initialize();
  }, 120_000);
  afterAll(async () => {
    await source.destroy().catch(() => undefined);
    await app.stop();
    await postgres.stop();
  });

  async function ready(): Promise<Ready> {
    return (await (await fetch(`${app.url}/health/ready`)).json()) as Ready;
  }

  async function leave(silentMs: number): Promise<void> {
    const at = Date.now() - silentMs;
    const state: FeedState = {
      market: GONE,
      condition: "live",
      since: at,
      at,
      detail: null,
      history: null,
      lastTradeAt: at,
      reconnects: 0,
      refused: 0,
      clock: null,
    };
    await source.query("DELETE FROM feed WHERE market = $1", [GONE]);
    await new FeedStateStore(source).save([state]);
  }

  // A market that was left out of FEEDS after a kill kept it degraded forever.
  it("counts a feed whose process was killed for a day, and calls it stopped then", async () => {
    await leave(DAY - 60_000);
    await until(async () => (await ready()).details["feeds"]?.status === "degraded", 20_000);
    expect((await ready()).details["feeds"]?.troubles).toMatchObject({
      [GONE]: expect.stringContaining("silent for") as string,
    });
    await leave(DAY + 1_000);
    await until(async () => (await ready()).details["feeds"]?.status === "up", 20_000);
    const { feeds } = await app.get<{ feeds: FeedState[] }>("/api/v1/status");
    expect(feeds.find(({ market }) => market === GONE)).toMatchObject({
      condition: "stopped",
      detail: "its process stopped reporting more than a day ago",
    });
  }, 60_000);

  it("says in one sentence what is down and why", async () => {
    await source.destroy();
    await postgres.kill();
    try {
      let answer: Ready | undefined;
      await until(async () => {
        answer = await ready();
        return answer.status === 503;
      }, 20_000);
      expect(answer).toMatchObject({
        code: "not_ready",
        detail: expect.stringMatching(
          /^Not ready: database is down \(.+\), feeds is down \(.+\)\.$/,
        ) as string,
        details: { database: { status: "down" }, transport: { status: "up" } },
      });
    } finally {
      await postgres.restart();
    }
  }, 60_000);
});
