import { randomUUID } from "node:crypto";
import type { ConsoleLogger } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { setupPage } from "./api/page/page.js";
import { LiveGateway } from "./api/socket/live.gateway.js";
import { AppModule } from "./app.module.js";
import { type Config, ConfigError } from "./config/config.js";
import { configureHttp, httpAdapter } from "./http/http.js";
import { setupSwagger } from "./http/swagger.js";
import { Announcer } from "./persistence/recorder/announcer.js";
import { type Database, openDatabase } from "./persistence/schema/database.js";
import { API, RECORDER, TransportStrategy } from "./streaming/strategy.js";
import { Transport } from "./streaming/transport.js";
import { unknownVenues } from "./venues/venues.js";

export interface Running {
  app: NestFastifyApplication;
  database: Database;
  strategies: readonly TransportStrategy[];
  /** Ends in order: feeds, batches under way, connections, and the embedded database last. */
  stop(): Promise<void>;
}

/** Starts the roles of this process. What was started is stopped again when a later part fails. */
export async function start(
  config: Config,
  logger: ConsoleLogger,
): Promise<Running> {
  const unknown = unknownVenues(config.feeds);
  if (unknown.length > 0) throw new ConfigError(unknown);
  const database = await openDatabase(config, "own");
  let app: NestFastifyApplication | undefined;
  try {
    const strategies: TransportStrategy[] = [];
    app = await NestFactory.create<NestFastifyApplication>(
      AppModule.for(config, database, strategies),
      httpAdapter(),
      {
        logger,
        abortOnError: false,
        bufferLogs: false,
      },
    );
    await configureHttp(app, config);
    setupSwagger(app);
    if (config.roles.has("api")) setupPage(app);
    strategies.push(...strategiesOf(app, config));
    for (const strategy of strategies)
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(config.port, config.host);
    const running = app;
    let stopped: Promise<void> | undefined;
    return {
      app,
      database,
      strategies,
      stop: () => (stopped ??= running.close().finally(() => database.stop())),
    };
  } catch (error) {
    await app?.close().catch((second: Error) => logger.debug(second.message));
    await database.stop();
    throw error;
  }
}

/** One consumer group per bounded context: the recorders share theirs, each API instance has its own. */
function strategiesOf(
  app: NestFastifyApplication,
  config: Config,
): TransportStrategy[] {
  const transport = app.get(Transport);
  const strategies: TransportStrategy[] = [];
  if (config.roles.has("recorder")) {
    const announcer = app.get(Announcer, { strict: false });
    strategies.push(
      new TransportStrategy("recorder", RECORDER, transport, {
        group: `${config.topicPrefix}recorder`,
        ephemeral: false,
        lanes: config.writers,
        maxBatch: config.maxBatch,
        paceMs: config.flushMs,
        onAssigned: (owns) => announcer.assigned(owns),
      }),
    );
  }
  if (config.roles.has("api")) {
    const live = app.get(LiveGateway, { strict: false });
    strategies.push(
      new TransportStrategy("api", API, transport, {
        group: `${config.topicPrefix}api.${randomUUID()}`,
        ephemeral: true,
        lanes: 1,
        maxBatch: config.maxBatch,
        paceMs: 0,
        // What was published while this instance had no partitions never reached its rooms; as long as it has none, nothing does.
        onAssigned: (_owns, isAny) => {
          if (isAny) live.interrupted();
        },
      }),
    );
  }
  return strategies;
}

/** Where to look, for whoever started it. */
export function banner({ database }: Running, config: Config): string {
  const host =
    config.host === "0.0.0.0" || config.host === "::"
      ? "localhost"
      : config.host;
  const base = `http://${host}:${config.port}`;
  const lines = [
    `Tapeline is running (${[...config.roles].join(", ")})`,
    `  page      ${base}/`,
    `  API       ${base}/docs`,
    `  metrics   ${base}/metrics`,
  ];
  lines.push(
    `  transport ${config.kafkaBrokers.length > 0 ? `Kafka at ${config.kafkaBrokers.join(", ")}` : "in this process (set KAFKA_BROKERS for a broker)"}`,
  );
  lines.push(
    database.kind === "embedded"
      ? `  database  embedded PostgreSQL in ${config.dataDir} (set DATABASE_URL for a server)`
      : "  database  PostgreSQL server",
  );
  if (database.kind === "embedded")
    lines.push(
      `  psql      psql "$(npm run --silent tapeline -- url)"   (may only read)`,
    );
  return lines.join("\n");
}
