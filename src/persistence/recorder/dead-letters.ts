import { Injectable, Logger } from "@nestjs/common";
import { plural } from "../../domain/plural.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import type { DeadLetter } from "../../domain/dead-letter.js";
import { Transport } from "../../streaming/transport.js";
import { DeadLetterStore } from "../stores/dead-letter-store.js";

/**
 * Stores rejected records with reason and origin in a table, and publishes them to topic
 * `trades.dead`.
 */
@Injectable()
export class DeadLetters {
  private readonly logger = new Logger(DeadLetters.name);

  constructor(
    private readonly store: DeadLetterStore,
    private readonly transport: Transport,
    private readonly figures: RecorderFigures,
  ) {}

  /**
   * Table first: after a crash between the two, the batch is redelivered, and its dead letters with
   * it.
   */
  async put(deadLetters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (deadLetters.length === 0) return;
    await this.store.put(deadLetters);
    await this.transport.produce("trades.dead", deadLetters, { signal });
    for (const { reason } of deadLetters) this.figures.deadLetters.inc({ reason });
    const { reason, detail, topic, partition, offset } = deadLetters[0] as DeadLetter;
    this.logger.warn(
      `${plural(deadLetters.length, "record")} dead-lettered; the first: ${reason}, ${detail} (${topic} ${partition}:${offset})`,
    );
  }
}
