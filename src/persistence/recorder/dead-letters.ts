import { Injectable, Logger } from "@nestjs/common";
import { plural } from "../../domain/plural.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import type { DeadLetter } from "../../domain/dead-letter.js";
import { Transport } from "../../streaming/transport.js";
import { DeadLetterStore } from "../stores/dead-letter-store.js";

/** Records refused for good, kept with reason and origin in a table and on topic `trades.dead`. */
@Injectable()
export class DeadLetters {
  private readonly logger = new Logger(DeadLetters.name);

  constructor(
    private readonly store: DeadLetterStore,
    private readonly transport: Transport,
    private readonly figures: RecorderFigures,
  ) {}

  /** Table first: a crash between the two brings the batch, and with it the letters, again. */
  async put(
    letters: readonly DeadLetter[],
    signal: AbortSignal,
  ): Promise<void> {
    if (letters.length === 0) return;
    await this.store.put(letters);
    await this.transport.produce("trades.dead", letters, { signal });
    for (const { reason } of letters) this.figures.deadLetters.inc({ reason });
    const { reason, detail, topic, partition, offset } =
      letters[0] as DeadLetter;
    this.logger.warn(
      `${plural(letters.length, "record")} dead-lettered; the first: ${reason}, ${detail} (${topic} ${partition}:${offset})`,
    );
  }
}
