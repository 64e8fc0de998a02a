import { setTimeout as sleep } from "node:timers/promises";
import { Controller, type INestApplication, Module, UseFilters } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { EventPattern, Payload } from "@nestjs/microservices";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Observable } from "rxjs";
import { CONFIG, readConfig } from "../../src/config/config.js";
import { HealthChecks } from "../../src/health/health-checks.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RethrowFilter } from "../../src/streaming/rethrow.filter.js";
import { ConsumerGroups } from "../../src/streaming/consumer-groups.js";
import type { TransportStrategy } from "../../src/streaming/strategy.js";
import { StreamingModule } from "../../src/streaming/streaming.module.js";
import { type Delivery, Transport } from "../../src/streaming/transport.js";
import { idsOf, many } from "./contract.js";

const RECORDER = Symbol("recorder");
const API = Symbol("api");

const seen: string[] = [];
const failures: Error[] = [];
let handlerMs = 0;

@UseFilters(RethrowFilter)
@Controller()
class RecorderEvents {
  @EventPattern("trades", RECORDER)
  async trades(@Payload() delivery: Delivery<"trades">): Promise<void> {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    await sleep(handlerMs);
    seen.push(...idsOf(delivery).map((id) => `recorder ${id}`));
  }

  /** Cold, as an Observable may be: nothing happens until a subscription. */
  @EventPattern("trades.bulk", RECORDER)
  bulk(@Payload() delivery: Delivery<"trades.bulk">): Observable<void> {
    return new Observable((subscriber) => {
      seen.push(...idsOf(delivery).map((id) => `bulk ${id}`));
      subscriber.complete();
    });
  }
}

@UseFilters(RethrowFilter)
@Controller()
class ApiEvents {
  @EventPattern("trades", API)
  trades(@Payload() delivery: Delivery<"trades">): void {
    seen.push(...idsOf(delivery).map((id) => `api ${id}`));
  }
}

const leaves = [{ provide: CONFIG, useValue: readConfig({}) }, Metrics, HealthChecks] as const;

@Module({ providers: [...leaves], exports: [CONFIG, Metrics, HealthChecks] })
class Leaves {}

@Module({
  imports: [{ module: Leaves, global: true }, StreamingModule],
  controllers: [RecorderEvents, ApiEvents],
})
class App {}

describe("the strategy in a Nest application", () => {
  let app: INestApplication;
  let transport: Transport;
  let strategies: readonly TransportStrategy[];

  beforeEach(async () => {
    seen.length = 0;
    handlerMs = 0;
    app = await NestFactory.create(App, new FastifyAdapter(), {
      logger: ["error"],
    });
    transport = app.get(Transport);
    const rules = { lanes: 1, maxBatch: 100, paceMs: 0 };
    const groups = app.get(ConsumerGroups);
    groups.add({
      name: "recorder",
      handlersOf: RECORDER,
      life: "shared",
      ...rules,
    });
    groups.add({ name: "api", handlersOf: API, life: "own", ...rules });
    strategies = groups.all;
    for (const strategy of strategies) app.connectMicroservice({ strategy });
    await app.startAllMicroservices();
    await app.init();
  });
  afterEach(() => app.close());

  it("gives each context its own handlers, as a consumer group of their own", async () => {
    await transport.produce("trades", many("binance:A", 1, 2));
    await transport.produce("trades.bulk", many("binance:A", 3, 1));
    await sleep(50);
    expect(seen.toSorted()).toEqual(["api 1", "api 2", "bulk 3", "recorder 1", "recorder 2"]);
    expect(strategies.map((strategy) => strategy.consumerStatus().assigned)).toEqual([true, true]);
  });

  it("delivers a batch again when its handler throws, and acknowledges it after it has not", async () => {
    failures.push(new Error("first"), new Error("second"));
    const sent = transport.produce("trades", many("binance:A", 1, 1));
    await sleep(20);
    expect(seen).toEqual(["api 1"]);
    await sent;
    expect(seen).toEqual(["api 1", "recorder 1"]);
  });

  it("stores what is in flight before the application has closed", async () => {
    handlerMs = 100;
    const sent = transport.produce("trades", many("binance:A", 1, 250));
    await sleep(20);
    await app.close();
    await sent;
    expect(seen.filter((each) => each.startsWith("recorder"))).toHaveLength(250);
    await expect(transport.produce("trades", many("binance:A", 1, 1))).rejects.toMatchObject({
      code: "closed",
    });
  });
});
