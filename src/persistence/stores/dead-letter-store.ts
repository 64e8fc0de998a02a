import { Injectable } from "@nestjs/common";
import { DataSource, LessThan, type Repository } from "typeorm";
import type { DeadLetter } from "../../domain/dead-letter.js";
import { DeadLetterEntity } from "../schema/entities/dead-letter.entity.js";

/** A stored dead letter; `id` ascends with time. */
export type StoredDeadLetter = { id: string } & DeadLetter;

/** Rows per statement: each takes seven of its at most 65,535 parameters. */
const MAX_STATEMENT_ROWS = 5_000;

/** Records that can never be stored, with the reason. */
@Injectable()
export class DeadLetterStore {
  private readonly rows: Repository<DeadLetterEntity>;

  constructor(source: DataSource) {
    this.rows = source.getRepository(DeadLetterEntity);
  }

  /** Stores them with the database's time; those that are stored already are skipped. */
  async put(deadLetters: readonly DeadLetter[]): Promise<void> {
    for (let from = 0; from < deadLetters.length; from += MAX_STATEMENT_ROWS)
      await this.rows
        .createQueryBuilder()
        .insert()
        .values(deadLetters.slice(from, from + MAX_STATEMENT_ROWS).map(rowOf))
        .orIgnore()
        .updateEntity(false)
        .execute();
  }

  /** Newest first; `before` gives dead letters with lower ids. */
  page(page: { before?: string; limit: number }): Promise<StoredDeadLetter[]> {
    const { before, limit } = page;
    return this.rows.find({
      where: before === undefined ? {} : { id: LessThan(before) },
      order: { id: "DESC" },
      take: limit,
    });
  }

  total(): Promise<number> {
    return this.rows.count();
  }
}

function rowOf({
  reason,
  detail,
  topic,
  partition,
  offset,
  key,
  payload,
}: DeadLetter): Omit<DeadLetterEntity, "id" | "at"> {
  return {
    reason,
    detail: storable(detail),
    topic,
    partition,
    offset,
    key: storable(key),
    payload: storable(payload),
  };
}

/** PostgreSQL text cannot hold the zero character, which garbage may contain. */
function storable<T extends string | null>(text: T): T {
  return (text === null ? null : text.replaceAll("\0", "�")) as T;
}
