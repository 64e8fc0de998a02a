import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Instrument } from "../../domain/instrument.js";
import { InstrumentEntity } from "../schema/instrument.entity.js";

/** What venues say of their markets; `MarketStore` reads it with the markets. */
@Injectable()
export class InstrumentStore {
  constructor(private readonly source: DataSource) {}

  /** Of each market what was said last; others keep what they have. */
  async save(instruments: readonly Instrument[]): Promise<void> {
    if (instruments.length === 0) return;
    // In one order, so that two processes that save the same do not wait for each other in a circle.
    const rows = [...instruments].sort((a, b) =>
      a.market < b.market ? -1 : 1,
    );
    await this.source.getRepository(InstrumentEntity).upsert(
      rows.map((row) => ({ ...row, refreshedAt: () => "now()" })),
      ["market"],
    );
  }
}
