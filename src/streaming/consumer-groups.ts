import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";
import { type Health, HealthChecks } from "../health/health-checks.js";
import { TransportStrategy } from "./strategy.js";
import type { TopicName } from "./topics.js";
import {
  type DeliveryHandler,
  type Subscription,
  Transport,
} from "./transport.js";

/** A consumer group, as the context that reads with it describes it. */
export interface ConsumerGroup extends Pick<
  Subscription,
  "lanes" | "maxBatch" | "paceMs" | "onAssigned"
> {
  /** Unique in a process; its name in health, `/system` and, behind the topic prefix, at the broker. */
  name: string;
  /** `@EventPattern(topic, handlersOf)` binds a handler to this group. */
  handlersOf: symbol;
  /** Handlers of a group that settings make, of which there may be none or many: no decorator can name it. */
  handlers?: ReadonlyMap<TopicName, DeliveryHandler>;
  /**
   * `shared` by all processes that have it, and kept at the broker while none runs; `own` to this process: it begins at the
   * newest record and ends with it.
   */
  life: "shared" | "own";
  /**
   * What a `shared` group does instead of reading what came while it was away, where the log lives in this process and died
   * with the last one: bring its copy up to date from the stores. Called once its subscription stands, so that nothing falls
   * between the two.
   */
  catchUp?: (signal: AbortSignal) => Promise<void>;
}

/** The consumer groups of this process. The modules of its contexts add theirs; who starts the application connects all. */
@Injectable()
export class ConsumerGroups {
  private readonly added: TransportStrategy[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly checks: HealthChecks,
    @Inject(CONFIG) private readonly config: Pick<Config, "topicPrefix">,
  ) {}

  /** To be called in a module's constructor: later, nobody connects it. */
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

  /** Shared ones first, whatever the order in which modules are made: what writes, then what this process reads. */
  get all(): readonly TransportStrategy[] {
    return this.added.toSorted(
      (a, b) => Number(a.isEphemeral) - Number(b.isEphemeral),
    );
  }
}

function healthOfConsumer(strategy: TransportStrategy): Health {
  const { assigned, lag, queued } = strategy.consumerStatus();
  return assigned
    ? { state: "up", lag, queued }
    : { state: "down", reason: "no partitions assigned", lag, queued };
}
