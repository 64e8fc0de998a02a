import { Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import { plural } from "../../domain/plural.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import type { DeadLetter } from "../../domain/dead-letter.js";
import { Transport } from "../../streaming/transport.js";

/** Records refused for good, kept with reason and origin in a table and on topic `trades.dead`. */
@Injectable()
export class DeadLetters {
  private readonly logger = new Logger(DeadLetters.name);

  constructor(
    private readonly source: DataSource,
    private readonly transport: Transport,
    private readonly figures: RecorderFigures,
  ) {}

  /** Table first: a crash between the two brings the batch, and with it the letters, again. */
  async put(
    letters: readonly DeadLetter[],
    signal: AbortSignal,
  ): Promise<void> {
    if (letters.length === 0) return;
    const column = <K extends keyof DeadLetter>(key: K): DeadLetter[K][] =>
      letters.map((letter) => letter[key]);
    await this.source.query(
      `INSERT INTO dead_letter (reason, detail, topic, partition, "offset", key, payload)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[]) ON CONFLICT DO NOTHING`,
      [
        column("reason"),
        column("detail").map(storable),
        column("topic"),
        column("partition"),
        column("offset"),
        column("key").map(storable),
        column("payload").map(storable),
      ],
    );
    await this.transport.produce("trades.dead", letters, { signal });
    for (const { reason } of letters) this.figures.deadLetters.inc({ reason });
    const { reason, detail, topic, partition, offset } =
      letters[0] as DeadLetter;
    this.logger.warn(
      `${plural(letters.length, "record")} dead-lettered; the first: ${reason}, ${detail} (${topic} ${partition}:${offset})`,
    );
  }
}

/** PostgreSQL text cannot hold the zero character, which garbage may contain. */
function storable<T extends string | null>(text: T): T {
  return (text === null ? null : text.replaceAll("\0", "�")) as T;
}
