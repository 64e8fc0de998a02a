import { Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Candle } from "../../src/domain/candle.js";
import { splitMarket } from "../../src/domain/market.js";
import type { Trade } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import type { RepairTiming } from "../../src/recovery/repair/repair-verdict.js";
import { type ApiUnderTest, startApi } from "../api/api-under-test.js";
import { until } from "../support/app.js";
import { closedAfterEach } from "../support/closed-after-each.js";
import { createTapeDatabase } from "../support/databases.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";
import { trade } from "../support/tape.js";
import { RepairUnderTest, Rest } from "./repair-under-test.js";

export const NOON = Date.UTC(2026, 0, 5, 12);

/** A venue's REST, the API with its recorder and database, and repairing processes. */
export class Scene {
  private readonly repairs: RepairUnderTest[] = [];

  private constructor(
    readonly market: string,
    readonly rest: Rest,
    readonly api: ApiUnderTest,
  ) {}

  static async open(market: string, dialect: Dialect["rest"]): Promise<Scene> {
    const rest = await Rest.start(dialect);
    const api = await startApi(await createTapeDatabase(), {
      FEEDS: market,
      INTERVALS: "1m,5m",
    });
    Logger.overrideLogger(false);
    return new Scene(market, rest, api);
  }

  /** Starts another repairing process. */
  repair(timing?: Partial<RepairTiming>): RepairUnderTest {
    const started = new RepairUnderTest(this.api, this.rest.url, timing);
    this.repairs.push(started);
    return started;
  }

  /** What the venue has traded: one a second from noon on by default. */
  traded(from: number, to: number, timeOf = (id: number) => NOON + id * 1_000): Print[] {
    this.rest.trades = Array.from({ length: to - from + 1 }, (_, index) => ({
      symbol: splitMarket(this.market).symbol,
      id: from + index,
      price: `${64_000 + ((from + index) % 7)}.5`,
      amount: "0.25",
      takerSide: index % 3 === 0 ? "buy" : "sell",
      time: timeOf(from + index),
    }));
    return this.rest.trades;
  }

  hold(prints: readonly Print[]): Promise<void> {
    return this.api.record(prints.map((print) => held(this.market, print)));
  }

  /** Reads a path of the market over REST. */
  async get<T>(path = ""): Promise<T> {
    const market = `/api/v1/markets/${encodeURIComponent(this.market)}`;
    return (await (await fetch(this.api.url + market + path)).json()) as T;
  }

  minutes(): Promise<Candle[]> {
    return this.get("/candles?interval=1m&start=0&limit=1000");
  }

  gaps(state?: Gap["state"]): Promise<Gap[]> {
    return this.get(`/gaps${state === undefined ? "" : `?state=${state}`}`);
  }

  query<T>(sql: string): Promise<T[]> {
    return this.api.app.get(DataSource).query<T[]>(sql);
  }

  /** Waits until the ledger has `count` gaps in this state. */
  async ended(
    state: "repaired" | "void" | "unrepairable",
    count = 1,
    limitMs = 20_000,
  ): Promise<Gap[]> {
    let gaps: Gap[] = [];
    await until(
      async () => {
        gaps = await this.gaps(state);
        return gaps.length >= count;
      },
      limitMs,
      () => `${count} ${state}, but ${JSON.stringify(gaps)}`,
    );
    return gaps;
  }

  /** Expects that no id is missing and that every candle equals its trades. */
  async expectWhole(count: number): Promise<void> {
    const { trades, coverage } = await this.get<{
      trades: number;
      coverage: { missing: string; ranges: number };
    }>();
    expect({ trades, ...coverage }).toMatchObject({
      trades: count,
      missing: "0",
      ranges: 1,
    });
    const source = this.api.app.get(DataSource);
    for await (const verdict of verify(source))
      expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
  }

  async close(): Promise<void> {
    await Promise.all(this.repairs.map((repair) => repair.stop()));
    await this.rest.close();
    await this.api.close();
  }
}

/** For a suite: opens scenes, each closed after its test. */
export function sceneOpener() {
  return closedAfterEach((...all: Parameters<typeof Scene.open>) => Scene.open(...all));
}

/** As the venue's stream sends it and the recorder stores it. */
export function held(market: string, { id, price, amount, takerSide, time }: Print): Trade {
  const fields = { price, amount, takerSide };
  return market.startsWith("binance:")
    ? trade(market, id, time, {
        ...fields,
        id: String(id * 10),
        kind: "aggregated",
      })
    : trade(market, id, time, fields);
}
