import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Instrument } from "../../domain/instrument.js";
import { InstrumentEntity } from "../schema/entities/instrument.entity.js";

/** The venues' descriptions of their markets; `MarketStore` reads them with the markets. */
@Injectable()
export class InstrumentStore {
  constructor(private readonly source: DataSource) {}

  /** Replaces the instruments of these markets; others are unchanged. */
  async save(instruments: readonly Instrument[]): Promise<void> {
    if (instruments.length === 0) return;
    // Sorted, so that two processes that save the same markets do not deadlock.
    const rows = [...instruments].sort((a, b) => (a.market < b.market ? -1 : 1));
    await this.source.getRepository(InstrumentEntity).upsert(
      rows.map((row) => ({ ...row, refreshedAt: () => "now()" })),
      ["market"],
    );
  }
}
