import type {
  CustomTransportStrategy,
  MessageHandler,
} from "@nestjs/microservices";
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

/** `@EventPattern(topic, RECORDER)` binds a handler to the recorder's consumer group. */
export const RECORDER = Symbol("recorder");
/** `@EventPattern(topic, API)` binds a handler to the group of this API instance. */
export const API = Symbol("api");

/** Injection token of this process's strategies, one per bounded context; see main.ts. */
export const STRATEGIES = Symbol("strategies");

/**
 * Nest's transport contract over ours: one strategy is one consumer group of one bounded context. Handlers are looked
 * up once, and get whole batches; a batch is acknowledged when its handler's promise resolves.
 */
export class TransportStrategy
  extends Server
  implements CustomTransportStrategy
{
  private consumer: Consumer | undefined;

  constructor(
    readonly name: string,
    override readonly transportId: symbol,
    private readonly transport: Transport,
    private readonly options: Omit<Subscription, "handlers">,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const handlers = new Map<TopicName, DeliveryHandler>();
    for (const [topic, handler] of this.messageHandlers)
      handlers.set(topic as TopicName, (delivery) => call(handler, delivery));
    if (handlers.size === 0) {
      // Its module is not part of this process: there is nothing to read for.
      callback();
      return;
    }
    this.transport.subscribe({ ...this.options, handlers }).then(
      (consumer) => {
        this.consumer = consumer;
        callback();
      },
      (error: unknown) => callback(error),
    );
  }

  async close(): Promise<void> {
    await this.consumer?.close();
  }

  /** What health and metrics say of the consumer; `status` is taken by Nest. */
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
    throw new Error(
      "a strategy has no events: give onAssigned with its options",
    );
  }

  unwrap<T>(): T {
    return this.consumer as T;
  }
}

async function call(
  handler: MessageHandler,
  delivery: Delivery,
): Promise<void> {
  const result: unknown = await handler(delivery, {});
  if (isObservable(result))
    await lastValueFrom(result, {
      defaultValue: undefined,
    });
}
