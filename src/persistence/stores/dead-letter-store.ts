import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { DeadLetter } from "../../domain/dead-letter.js";

/** A dead letter as it is kept; `id` rises with time. */
export type StoredDeadLetter = { id: string } & DeadLetter;

/** Records refused for good, as `DeadLetters` has put them there. */
@Injectable()
export class DeadLetterStore {
  constructor(private readonly source: DataSource) {}

  /** Newest first; `before` continues behind that id. */
  async page(page: {
    before?: string;
    limit: number;
  }): Promise<StoredDeadLetter[]> {
    const rows: (Omit<StoredDeadLetter, "at"> & { at: string })[] =
      await this.source.query(
        `SELECT id, reason, detail, topic, partition, "offset", key, payload, floor(extract(epoch FROM at) * 1000)::bigint AS at
         FROM dead_letter WHERE id < $1::bigint ORDER BY id DESC LIMIT $2`,
        [page.before ?? "9223372036854775807", page.limit],
      );
    return rows.map(({ at, ...letter }) => ({ ...letter, at: Number(at) }));
  }

  async total(): Promise<number> {
    const rows: { total: string }[] = await this.source.query(
      "SELECT count(*) AS total FROM dead_letter",
    );
    return Number(rows[0]?.total ?? 0);
  }
}
