import { Logger } from "@nestjs/common";
import kafkajs, { type Kafka, type Message, type Producer } from "kafkajs";
import { Backoff } from "../../waiting/backoff.js";
import { within } from "../../waiting/limit.js";
import { pause } from "../../waiting/pause.js";
import { TransportError } from "../transport.js";

/**
 * One request, below a broker's default limit; kafkajs's time grows with the square of its size.
 */
const CHUNK_RECORDS = 1_000;
const CHUNK_BYTES = 500_000;
/**
 * Records whose `produce` has not resolved; beyond, calls are refused. A larger call is accepted
 * when none waits.
 */
const CAPACITY_RECORDS = 200_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;
const ALL_REPLICAS = -1;
const BROKER_LIMIT_MS = 6_000;
const CLOSE_LIMIT_MS = 5_000;

/** Errors caused by a record in the request: retries cannot succeed. */
const NOT_RETRIABLE = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
]);

interface Call {
  messageOf: (index: number) => Message;
  length: number;
  /** Records that went into a request. */
  sent: number;
  acknowledged: number;
  settled: boolean;
  settle: (error?: Error) => void;
}

interface Chunk {
  messages: Message[];
  parts: { call: Call; count: number }[];
}

/**
 * Writes one topic, one request at a time: calls during a request share the next one.
 *
 * Only one at a time makes the acknowledgements reliable. kafkajs releases the sequence numbers of
 * a failed request; a second one in flight took them, and the broker, which had stored the first
 * and only lost its answer, dropped the second as a duplicate and acknowledged it. Here a failed
 * request is retried unchanged before anything else is sent, and a producer with an abandoned
 * request is never used again.
 */
export class KafkaWriter {
  private readonly logger = new Logger("KafkaWriter");
  private readonly calls: Call[] = [];
  private held = 0;
  private producer: Producer | undefined;
  private pumping: Promise<void> | undefined;
  private lastProgress = 0;
  private closed: TransportError | undefined;
  private readonly closing = new AbortController();
  /** Why the last request failed; null when it did not. */
  trouble: string | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    private readonly limitMs: number,
  ) {}

  /**
   * Resolves when all in-sync replicas have all records. Rejects with a TransportError or the
   * reason of the signal.
   */
  write(
    length: number,
    messageOf: (index: number) => Message,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.closed !== undefined) return Promise.reject(this.closed);
    if (this.held > 0 && this.held + length > CAPACITY_RECORDS)
      return Promise.reject(
        new TransportError("full", `${this.held} records of ${this.topic} wait for the broker`),
      );
    return new Promise((resolve, reject) => {
      const began = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const call: Call = {
        messageOf,
        length,
        sent: 0,
        acknowledged: 0,
        settled: false,
        settle: (error) => {
          if (call.settled) return;
          call.settled = true;
          this.held -= length;
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      const abort = (): void => call.settle(signal?.reason as Error);
      signal?.addEventListener("abort", abort, { once: true });
      // A large call may take longer, as long as the broker continues to acknowledge.
      const checkLimit = (): void => {
        const left = Math.max(began, this.lastProgress) + this.limitMs - performance.now();
        if (left > 0) timer = setTimeout(checkLimit, left);
        else call.settle(this.unavailable());
      };
      this.held += length;
      this.calls.push(call);
      checkLimit();
      this.pumping ??= this.pump();
    });
  }

  /** Waits, within a limit, for the requests in flight, and refuses the rest. */
  async close(): Promise<void> {
    this.closed = new TransportError("closed", "The transport is closed");
    await within(CLOSE_LIMIT_MS, this.pumping ?? Promise.resolve());
    this.closing.abort(this.closed);
    for (const call of this.calls) call.settle(this.closed);
    await this.retire();
  }

  private async pump(): Promise<void> {
    for (;;) {
      // Further calls of the same tick share the request.
      await new Promise((resolve) => setImmediate(resolve));
      const chunk = this.nextChunk();
      if (chunk.messages.length === 0) break;
      await this.send(chunk);
    }
    this.pumping = undefined;
  }

  /** Encodes the next request's records of the waiting calls: memory holds one encoded request. */
  private nextChunk(): Chunk {
    const chunk: Chunk = { messages: [], parts: [] };
    let bytes = 0;
    for (let call = this.calls[0]; call !== undefined; call = this.calls[0]) {
      const before = chunk.messages.length;
      while (
        !call.settled &&
        call.sent < call.length &&
        chunk.messages.length < CHUNK_RECORDS &&
        bytes < CHUNK_BYTES
      ) {
        const message = encoded(call);
        if (message === undefined) break;
        bytes += message.value?.length ?? 0;
        chunk.messages.push(message);
      }
      const count = chunk.messages.length - before;
      if (count > 0) chunk.parts.push({ call, count });
      if (!call.settled && call.sent < call.length) break;
      this.calls.shift();
    }
    return chunk;
  }

  /** Retries the request until it is acknowledged, cannot succeed, or no call waits for it. */
  private async send(chunk: Chunk): Promise<void> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    for (;;) {
      try {
        const producer = (this.producer ??= await this.connect());
        await producer.send({
          topic: this.topic,
          messages: chunk.messages,
          acks: ALL_REPLICAS,
          timeout: BROKER_LIMIT_MS,
        });
        this.acknowledge(chunk);
        return;
      } catch (error) {
        const type = typeOf(error);
        this.trouble = (error as Error).message;
        if (NOT_RETRIABLE.has(type)) {
          await this.retire();
          if (chunk.messages.length > 1) await this.sendSplit(chunk);
          else this.refuse(chunk, error);
          return;
        }
        // The broker does not know this producer or its sequence numbers: only a new one can
        // continue.
        if (/SEQUENCE|PRODUCER/.test(type)) await this.retire();
      }
      if (!this.isAwaited(chunk)) break;
      await pause(backoff.next(), this.closing.signal);
      if (!this.isAwaited(chunk)) break;
    }
    await this.retire();
  }

  /** Splits the request by calls, then by halves: one bad record must not refuse other calls. */
  private async sendSplit({ messages, parts }: Chunk): Promise<void> {
    let at = 0;
    for (const { call, count } of parts) {
      const half = Math.ceil(count / 2);
      const counts = parts.length > 1 ? [count] : [half, count - half];
      for (const size of counts) {
        const some = messages.slice(at, (at += size));
        const part = { messages: some, parts: [{ call, count: size }] };
        if (size > 0 && !call.settled) await this.send(part);
      }
    }
  }

  private isAwaited({ parts }: Chunk): boolean {
    return parts.some(({ call }) => !call.settled);
  }

  private acknowledge({ parts }: Chunk): void {
    this.trouble = null;
    this.lastProgress = performance.now();
    for (const { call, count } of parts) {
      call.acknowledged += count;
      if (call.acknowledged === call.length) call.settle();
    }
  }

  private refuse({ parts }: Chunk, cause: unknown): void {
    const { message } = cause as Error;
    this.logger.error(`Records of ${this.topic} were rejected: ${message}`);
    for (const { call } of parts) call.settle(new TransportError("rejected", message, { cause }));
  }

  private unavailable(): TransportError {
    return new TransportError(
      "unavailable",
      `The broker did not acknowledge within ${this.limitMs} ms${this.trouble === null ? "" : `: ${this.trouble}`}`,
    );
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await end(producer);
      throw error;
    }
  }

  private async retire(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    if (producer !== undefined) await end(producer);
  }
}

/** The next message of a call; a record that cannot be encoded rejects only its own call. */
function encoded(call: Call): Message | undefined {
  try {
    return call.messageOf(call.sent++);
  } catch (cause) {
    const { message } = cause as Error;
    call.settle(new TransportError("rejected", message, { cause }));
    return undefined;
  }
}

async function end(producer: Producer): Promise<void> {
  // Its requests have been settled, or will be sent by another producer.
  await within(
    1_000,
    producer.disconnect().catch(() => undefined),
  );
}

/** Kafka's name of an error, wherever kafkajs has wrapped it. */
function typeOf(error: unknown): string {
  for (
    let cause = error as { type?: string; cause?: unknown } | undefined;
    cause !== undefined && cause !== null;
    cause = cause.cause as typeof cause
  )
    if (typeof cause.type === "string") return cause.type;
  return "";
}
