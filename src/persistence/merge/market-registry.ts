import { Injectable } from "@nestjs/common";
import { DataSource, In } from "typeorm";
import type { Trade } from "../../domain/trade.js";
import { MarketEntity } from "../schema/entities/market.entity.js";
import type { KnownMarket } from "./write-batch.js";

/** The trade that determines a market's row. */
export type FirstTrade = Pick<Trade, "market" | "ids" | "kind">;

/** Cache of `market` rows by name. Their id, kind of trades and kind of ids never change. */
@Injectable()
export class MarketRegistry {
  private readonly known = new Map<string, KnownMarket>();

  constructor(private readonly source: DataSource) {}

  /**
   * Rows of these markets. A missing row is created from the market's first trade; without one the
   * market is left out.
   */
  async resolve(
    names: Iterable<string>,
    firstTrades: ReadonlyMap<string, FirstTrade>,
  ): Promise<ReadonlyMap<string, KnownMarket>> {
    const wanted = [...new Set(names)];
    const unknown = wanted.filter((name) => !this.known.has(name));
    if (unknown.length > 0) {
      await this.create(unknown.flatMap((name) => firstTrades.get(name) ?? []));
      await this.load(unknown);
    }
    return new Map(wanted.flatMap((name) => this.entry(name)));
  }

  /** Clears the cache, since the database may have been restored or replaced. */
  forget(): void {
    this.known.clear();
  }

  private entry(name: string): [string, KnownMarket][] {
    const market = this.known.get(name);
    return market === undefined ? [] : [[name, market]];
  }

  private async create(trades: readonly FirstTrade[]): Promise<void> {
    if (trades.length === 0) return;
    // Sorted, so that two processes that create the same markets do not deadlock.
    const sorted = [...trades].sort((a, b) => (a.market < b.market ? -1 : 1));
    await this.source.query(
      `INSERT INTO market (name, ids, kind) SELECT * FROM unnest($1::text[], $2::id_kind[], $3::trade_kind[]) ON CONFLICT DO NOTHING`,
      [
        sorted.map(({ market }) => market),
        sorted.map(({ ids }) => ids),
        sorted.map(({ kind }) => kind),
      ],
    );
  }

  private async load(names: readonly string[]): Promise<void> {
    const rows = await this.source.getRepository(MarketEntity).findBy({ name: In([...names]) });
    for (const row of rows) this.known.set(row.name, row);
  }
}
