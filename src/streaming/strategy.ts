import type { CustomTransportStrategy, MessageHandler } from "@nestjs/microservices";
import { Server } from "@nestjs/microservices";
import { isObservable, lastValueFrom } from "rxjs";
import type { TopicName } from "./topics.js";
import type {
  Consumer,
  ConsumerStatus,
  Delivery,
  DeliveryHandler,
  Subscription,
  Transport,
} from "./transport.js";

/** A subscription and what a consumer group adds to it; see `ConsumerGroup`. */
export interface StrategyOptions extends Omit<Subscription, "handlers"> {
  handlers?: ReadonlyMap<TopicName, DeliveryHandler>;
  catchUp?: (signal: AbortSignal) => Promise<void>;
}

/**
 * Implements Nest's transport contract with ours: one strategy is one consumer group of one bounded
 * context. Handlers are looked up once, and get whole batches; a batch is acknowledged when its
 * handler's promise resolves.
 */
export class TransportStrategy extends Server implements CustomTransportStrategy {
  private consumer: Consumer | undefined;
  private readonly closing = new AbortController();

  constructor(
    readonly name: string,
    override readonly transportId: symbol,
    private readonly transport: Transport,
    private readonly options: StrategyOptions,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const handlers = new Map(this.options.handlers);
    for (const [topic, handler] of this.messageHandlers)
      handlers.set(topic as TopicName, (delivery) => call(handler, delivery));
    if (handlers.size === 0) {
      // Its module is not part of this process: there are no handlers.
      callback();
      return;
    }
    this.subscribe(handlers).then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  private async subscribe(handlers: ReadonlyMap<TopicName, DeliveryHandler>): Promise<void> {
    const { catchUp, ...options } = this.options;
    this.consumer = await this.transport.subscribe({ ...options, handlers });
    if (this.transport.kind === "in-process") await catchUp?.(this.closing.signal);
  }

  async close(): Promise<void> {
    this.closing.abort(new Error("the consumer is closing"));
    await this.consumer?.close();
  }

  get isEphemeral(): boolean {
    return this.options.ephemeral;
  }

  /** The consumer's status for health and metrics; Nest reserves the name `status`. */
  consumerStatus(): ConsumerStatus {
    return (
      this.consumer?.status() ?? {
        assigned: false,
        lag: null,
        lagAt: null,
        queued: 0,
      }
    );
  }

  on(): void {
    throw new Error("a strategy has no events: give onAssigned with its options");
  }

  unwrap<T>(): T {
    return this.consumer as T;
  }
}

async function call(handler: MessageHandler, delivery: Delivery): Promise<void> {
  const result: unknown = await handler(delivery, {});
  if (isObservable(result))
    await lastValueFrom(result, {
      defaultValue: undefined,
    });
}
