import { Controller, Logger, UseFilters } from "@nestjs/common";
import { EventPattern, Payload } from "@nestjs/microservices";
import { plural } from "../../domain/plural.js";
import { isClock } from "../../domain/trade.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { RethrowFilter } from "../../streaming/rethrow.filter.js";
import { type DeadLetter, MAX_PAYLOAD_CHARACTERS } from "../../domain/dead-letter.js";
import type { Delivery, Undecodable } from "../../streaming/transport.js";
import { FeedStateStore } from "../stores/feed-state-store.js";
import { Announcer } from "./announcer.js";
import { UnwatchedTimes } from "./unwatched-times.js";
import { DeadLetters } from "./dead-letters.js";
import { Recorder, type RefusedRecord } from "./recorder.js";
import { toldRefusals } from "./told-refusals.js";

/** `@EventPattern(topic, RECORDER)` binds a handler to the recorders' consumer group. */
export const RECORDER = Symbol("recorder");

/**
 * Consumes topics. A batch is acknowledged once its trades are committed and its candles are
 * published.
 */
@Controller()
@UseFilters(RethrowFilter)
export class RecorderController {
  private readonly logger = new Logger(RecorderController.name);

  constructor(
    private readonly recorder: Recorder,
    private readonly announcer: Announcer,
    private readonly deadLetters: DeadLetters,
    private readonly feedStates: FeedStateStore,
    private readonly unwatchedTimes: UnwatchedTimes,
    private readonly figures: RecorderFigures,
  ) {}

  @EventPattern("trades", RECORDER)
  async onTrades(@Payload() delivery: Delivery<"trades">): Promise<void> {
    await this.record(delivery);
    const newest = new Map<string, number>();
    for (const record of delivery.records) {
      if (!isClock(record))
        newest.set(record.market, Math.max(record.time, newest.get(record.market) ?? 0));
    }
    for (const [market, time] of newest)
      this.figures.eventLag.set({ market }, (Date.now() - time) / 1_000);
  }

  @EventPattern("trades.bulk", RECORDER)
  async onBulk(@Payload() delivery: Delivery<"trades.bulk">): Promise<void> {
    await this.record(delivery);
  }

  @EventPattern("feeds", RECORDER)
  async onFeeds(@Payload() delivery: Delivery<"feeds">): Promise<void> {
    await this.unwatchedTimes.note(delivery.records);
    await this.feedStates.save(delivery.records);
    if (delivery.undecodable.length > 0)
      this.logger.warn(
        `Cannot decode ${plural(delivery.undecodable.length, "feed state")}, skipped`,
      );
  }

  private async record(delivery: Delivery<"trades" | "trades.bulk">): Promise<void> {
    this.figures.batchRecords.observe(delivery.records.length);
    const { candles, refusals } = await this.recorder.record(delivery.records, delivery.signal);
    const told = toldRefusals(refusals);
    if (told.length < refusals.length)
      this.logger.warn(
        `${refusals.length - told.length} trades more contradict stored ones than there are dead letters of them`,
      );
    const deadLetters = [
      ...delivery.undecodable.map((bad) => undecodableLetter(delivery.topic, bad)),
      ...told.map((refusal) => refusalLetter(delivery, refusal)),
    ];
    await this.deadLetters.put(deadLetters, delivery.signal);
    await this.announcer.publish(candles, delivery.signal);
  }
}

function undecodableLetter(topic: string, bad: Undecodable): DeadLetter {
  const { reason, detail, partition, offset, key, payload } = bad;
  return {
    reason,
    detail,
    topic,
    partition,
    offset,
    key,
    payload,
    at: Date.now(),
  };
}

function refusalLetter(
  delivery: Delivery<"trades" | "trades.bulk">,
  { index, reason, detail }: RefusedRecord,
): DeadLetter {
  const payload = JSON.stringify(delivery.records[index]).slice(0, MAX_PAYLOAD_CHARACTERS);
  return {
    reason,
    detail,
    topic: delivery.topic,
    ...delivery.origin(index),
    payload,
    at: Date.now(),
  };
}
