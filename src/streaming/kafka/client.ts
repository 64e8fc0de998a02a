import { Logger } from "@nestjs/common";
import kafkajs, { type Kafka, type LogEntry, type logLevel as LogLevel } from "kafkajs";
import type { Config } from "../../config/config.js";
import "./idle-timers.js";

// kafkajs is CommonJS: its enumerations are on the default export only.
const { Kafka: Client, logLevel } = kafkajs;

/**
 * Each consumer needs a client of its own: kafkajs stores committed offsets by group name and
 * client, and two consumers of one group would overwrite each other's.
 */
export function connectClient(config: Config): Kafka {
  return new Client({
    clientId: "tapeline",
    brokers: [...config.kafkaBrokers],
    ssl: config.kafkaSsl,
    ...(config.kafkaSasl === undefined ? {} : { sasl: config.kafkaSasl as never }),
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    // Each layer of kafkajs retries what the layers below have retried: three attempts each are up
    // to 27. Our callers retry with a backoff of their own, and stop when closing, which kafkajs
    // cannot.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 2 },
    logLevel: logLevel.WARN,
    logCreator: () => nestLog,
  });
}

// Messages of kafkajs about conditions that pass within a second, about effects of our own calls,
// and about errors that the callers log themselves.
const NOISE =
  /coordinator is|not the leader|GroupLoadInProgress|The group is rebalancing|Response (Metadata|InitProducerId|FindCoordinator|JoinGroup|SyncGroup|Heartbeat|OffsetCommit|Fetch)|KafkaJSPartialMessageError|idempotent producer|^Crash:/;
const REPEAT_EVERY_MS = 30_000;
const logger = new Logger("Kafka");
const loggedAt = new Map<string, number>();

/**
 * While a broker is unavailable, each connection reports it many times a second: the same text is
 * logged every 30 s.
 */
function nestLog({ level, log }: LogEntry): void {
  const { message, error, broker } = log as {
    message: string;
    error?: string;
    broker?: string;
  };
  const text = [message, broker, error].filter(Boolean).join(" ");
  const now = performance.now();
  if (NOISE.test(text) || now - (loggedAt.get(text) ?? -Infinity) < REPEAT_EVERY_MS) {
    logger.debug(text);
    return;
  }
  if (loggedAt.size > 1_000) loggedAt.clear();
  loggedAt.set(text, now);
  if (level === (logLevel.ERROR as LogLevel)) logger.error(text);
  else logger.warn(text);
}
