import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";
import { type Health, HealthChecks } from "../health/health-checks.js";
import { TransportStrategy } from "./strategy.js";
import type { TopicName } from "./topics.js";
import { type DeliveryHandler, type Subscription, Transport } from "./transport.js";

/** Description of a consumer group by the context that consumes with it. */
export interface ConsumerGroup extends Pick<
  Subscription,
  "lanes" | "maxBatch" | "paceMs" | "onAssigned"
> {
  /** Unique in a process; used in health, `/system` and, after the topic prefix, at the broker. */
  name: string;
  /** `@EventPattern(topic, handlersOf)` binds a handler to this group. */
  handlersOf: symbol;
  /** Handlers of a group that is created from settings, which no decorator can name. */
  handlers?: ReadonlyMap<TopicName, DeliveryHandler>;
  /**
   * `shared` by all processes that have it, and kept at the broker while none runs; `own`: this
   * process's only, from the newest record at its start until its end.
   */
  life: "shared" | "own";
  /**
   * With the in-process transport, whose log does not survive a restart, a `shared` group brings
   * its copy up to date from the stores instead of reading missed records. Called after the
   * subscription, so that no record is missed in between.
   */
  catchUp?: (signal: AbortSignal) => Promise<void>;
}

/**
 * The consumer groups of this process: added by the modules of its contexts, connected at
 * application start.
 */
@Injectable()
export class ConsumerGroups {
  private readonly added: TransportStrategy[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly checks: HealthChecks,
    @Inject(CONFIG) private readonly config: Pick<Config, "topicPrefix">,
  ) {}

  /** Call it in a module's constructor: groups added later are never connected. */
  add({ name, handlersOf, life, ...rest }: ConsumerGroup): void {
    if (this.added.some((strategy) => strategy.name === name))
      throw new Error(`there are two consumer groups called ${name}`);
    const shared = `${this.config.topicPrefix}${name}`;
    const group = life === "shared" ? shared : `${shared}.${randomUUID()}`;
    const strategy = new TransportStrategy(name, handlersOf, this.transport, {
      group,
      ephemeral: life === "own",
      ...rest,
    });
    this.added.push(strategy);
    this.checks.add({
      name: `consumer.${name}`,
      layer: life === "own" ? "own consumers" : "consumers",
      check: () => healthOfConsumer(strategy),
    });
  }

  /** Shared groups first, whatever the order of modules: writers before this process's readers. */
  get all(): readonly TransportStrategy[] {
    return this.added.toSorted((a, b) => Number(a.isEphemeral) - Number(b.isEphemeral));
  }
}

function healthOfConsumer(strategy: TransportStrategy): Health {
  const { assigned, lag, queued } = strategy.consumerStatus();
  return assigned
    ? { state: "up", lag, queued }
    : { state: "down", reason: "no partitions assigned", lag, queued };
}
