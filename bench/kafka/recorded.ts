import kafkajs from "kafkajs";
import type { DataSource } from "typeorm";
import type { Candle } from "../../src/domain/candle.js";
import { verify } from "../../src/persistence/merge/verify.js";

const LIMIT_MS = 60_000;

/** The newest version of each closed candle that was published, by `market|interval|openTime`. */
export type Published = Record<string, number>;

export function note(published: Published, candle: Candle): void {
  const { market, interval, openTime, closed, version } = candle;
  if (!closed) return;
  const key = `${market}|${interval}|${openTime}`;
  published[key] = Math.max(published[key] ?? 0, version);
}

/**
 * Throws unless every trade is stored once, every candle matches its trades, and every closed one
 * was published in its newest version.
 */
export async function checkRecorded(
  source: DataSource,
  trades: number,
  published: Published,
): Promise<void> {
  let stored = 0n;
  for await (const verdict of verify(source)) {
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0")
      throw new Error(`${verdict.market}: ${JSON.stringify(verdict.examples)}`);
    stored += BigInt(verdict.trades);
  }
  if (stored !== BigInt(trades)) throw new Error(`${stored} of ${trades} trades are stored`);
  const closed = await source.query<{ key: string; version: number }[]>(
    `SELECT concat_ws('|', m.name, c.interval, c.open_time) AS key, c.version
     FROM candle c JOIN market m ON m.id = c.market_id WHERE c.closed`,
  );
  for (const { key, version } of closed)
    if (published[key] !== version)
      throw new Error(`${key} was published as ${published[key]}, not ${version}`);
  if (closed.length !== Object.keys(published).length)
    throw new Error("a candle was published that is not stored");
}

/** Reads the `candles` topic and deletes its records, since the next run shares the topic. */
export async function takePublished(brokers: string, prefix: string): Promise<Published> {
  const topic = `${prefix}candles`;
  const kafka = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const groupId = `${prefix}check-${Date.now()}`;
  const consumer = kafka.consumer({ groupId });
  const published: Published = {};
  let late: NodeJS.Timeout | undefined;
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const open = new Map(
      ends
        .filter(({ high, low }) => high !== low)
        .map(({ partition, high }) => [partition, Number(high)]),
    );
    if (open.size === 0) return published;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((done, fail) => {
      late = setTimeout(() => fail(new Error("candles do not end")), LIMIT_MS);
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const { partition } = batch;
            for (const { value } of batch.messages)
              note(published, JSON.parse(String(value)) as Candle);
            if (Number(batch.lastOffset()) + 1 >= (open.get(partition) ?? Infinity))
              open.delete(partition);
            if (open.size === 0) done();
            return Promise.resolve();
          },
        })
        .catch(fail);
    });
    await consumer.disconnect();
    await admin.deleteGroups([groupId]);
    const partitions = ends.map(({ partition, high: offset }) => {
      return { partition, offset };
    });
    await admin.deleteTopicRecords({ topic, partitions });
    return published;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
    await admin.disconnect();
  }
}

/**
 * Deletes the group, so that the next run starts from the first record. The group's last member
 * must have left.
 */
export async function forgetGroup(brokers: string, group: string): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.deleteGroups([group]);
  } finally {
    await admin.disconnect();
  }
}
