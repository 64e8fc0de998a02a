import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class OffBookPrices1764864000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "12-off-book-prices.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE VIEW crypto_prices AS
      SELECT m.venue, m.symbol, t.price, t.amount, t.taker_side, moment(t.time) AS event_time,
        moment(t.received_at) AS received_time, t.id AS trade_id, t.count AS trades, t.source
      FROM trade t JOIN market m ON m.id = t.market_id`);
  }
}
