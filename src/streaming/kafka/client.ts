import { Logger } from "@nestjs/common";
import kafkajs, {
  type Kafka,
  type LogEntry,
  type logLevel as LogLevel,
} from "kafkajs";
import type { Config } from "../../config/config.js";
import "./idle-timers.js";

// kafkajs is CommonJS: its enumerations are on the default export only.
const { Kafka: Client, logLevel } = kafkajs;

/**
 * A client of its own for each consumer: kafkajs keeps what a group has committed by group name and client, and two
 * consumers of one group would mix theirs up.
 */
export function connectClient(config: Config): Kafka {
  return new Client({
    clientId: "tapeline",
    brokers: [...config.kafkaBrokers],
    ssl: config.kafkaSsl,
    ...(config.kafkaSasl === undefined
      ? {}
      : { sasl: config.kafkaSasl as never }),
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    // Its layers repeat what the layers below them have repeated: three attempts of each are up to 27. Whoever calls
    // repeats with a backoff of his own, and stops when closing, which kafkajs cannot.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 2 },
    logLevel: logLevel.WARN,
    logCreator: () => nestLog,
  });
}

// What kafkajs says of conditions that are repeated and pass within a second, of what we asked for, and of what whoever
// uses the client says himself.
const NOISE =
  /coordinator is|not the leader|GroupLoadInProgress|The group is rebalancing|Response (Metadata|InitProducerId|FindCoordinator|JoinGroup|SyncGroup|Heartbeat|OffsetCommit|Fetch)|KafkaJSPartialMessageError|idempotent producer|^Crash:/;
const SAME_AGAIN_MS = 30_000;
const logger = new Logger("Kafka");
const said = new Map<string, number>();

/** While a broker is away, every connection says so many times a second: the same is said once in 30 s. */
function nestLog({ level, log }: LogEntry): void {
  const { message, error, broker } = log as {
    message: string;
    error?: string;
    broker?: string;
  };
  const text = [message, broker, error].filter(Boolean).join(" ");
  const now = Date.now();
  if (NOISE.test(text) || now - (said.get(text) ?? 0) < SAME_AGAIN_MS) {
    logger.debug(text);
    return;
  }
  if (said.size > 1_000) said.clear();
  said.set(text, now);
  if (level === (logLevel.ERROR as LogLevel)) logger.error(text);
  else logger.warn(text);
}
