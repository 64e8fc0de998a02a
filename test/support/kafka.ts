import { Broker, canRunBroker } from "./broker.js";

/**
 * Whether suites that need a broker can run. Where REQUIRE_KAFKA is set (CI), being without one is
 * an error.
 */
const available = process.env["KAFKA_BROKERS"] !== undefined || canRunBroker();
if (!available && process.env["REQUIRE_KAFKA"] === "1") {
  throw new Error(
    "REQUIRE_KAFKA=1, but there is neither KAFKA_BROKERS nor Java with Maven to run a broker",
  );
}

/** A `describe` that is reported as skipped on a machine where no broker can be had. */
export const describeKafka: jest.Describe = available ? describe : describe.skip;

/**
 * As `describeKafka`, for suites that kill the broker: they need one of their own, which Java can
 * run.
 */
export const describeOwnKafka: jest.Describe =
  canRunBroker() || process.env["REQUIRE_KAFKA"] === "1" ? describe : describe.skip;

export interface TestKafka {
  brokers: string;
  stop(): Promise<void>;
}

/**
 * The configured broker, or one started for this suite. Topics are kept apart by random prefixes.
 */
export async function kafkaForTests(): Promise<TestKafka> {
  const configured = process.env["KAFKA_BROKERS"];
  if (configured !== undefined) return { brokers: configured, stop: () => Promise.resolve() };
  return Broker.start();
}

export function randomPrefix(): string {
  return `test-${Math.random().toString(36).slice(2, 10)}.`;
}
