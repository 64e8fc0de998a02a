import { Injectable } from "@nestjs/common";
import { DataSource, LessThan, type Repository } from "typeorm";
import type { DeadLetter } from "../../domain/dead-letter.js";
import { DeadLetterEntity } from "../schema/dead-letter.entity.js";

/** A dead letter as it is kept; `id` rises with time. */
export type StoredDeadLetter = { id: string } & DeadLetter;

/** Rows of one statement: each takes seven of its 65,535 parameters. */
const ROWS = 5_000;

/** Records refused for good. */
@Injectable()
export class DeadLetterStore {
  private readonly letters: Repository<DeadLetterEntity>;

  constructor(source: DataSource) {
    this.letters = source.getRepository(DeadLetterEntity);
  }

  /** Those that are stored already are left alone. Their time is that of the database. */
  async put(letters: readonly DeadLetter[]): Promise<void> {
    for (let from = 0; from < letters.length; from += ROWS)
      await this.letters
        .createQueryBuilder()
        .insert()
        .values(letters.slice(from, from + ROWS).map(rowOf))
        .orIgnore()
        .updateEntity(false)
        .execute();
  }

  /** Newest first; `before` continues behind that id. */
  page(page: { before?: string; limit: number }): Promise<StoredDeadLetter[]> {
    const { before, limit } = page;
    return this.letters.find({
      where: before === undefined ? {} : { id: LessThan(before) },
      order: { id: "DESC" },
      take: limit,
    });
  }

  total(): Promise<number> {
    return this.letters.count();
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
