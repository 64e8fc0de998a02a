import type { ConsoleLogger } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { setupPage } from "./api/page/page.js";
import { SCHEMAS } from "./api/rest/schemas.js";
import { LiveAdapter } from "./api/socket/live.adapter.js";
import { AppModule } from "./app.module.js";
import { type Config, ConfigError } from "./config/config.js";
import { ApiFormats } from "./http/api-formats.js";
import { configureHttp, httpAdapter } from "./http/http.js";
import { setupSwagger } from "./http/swagger.js";
import { UpgradePaths } from "./http/upgrade-paths.js";
import { type Database, openDatabase } from "./persistence/schema/database.js";
import { ConsumerGroups } from "./streaming/consumer-groups.js";
import { Venues } from "./venues/venues.js";

export interface Running {
  app: NestFastifyApplication;
  database: Database;
  /** Stops in order: feeds, running batches, connections, then the embedded database. */
  stop(): Promise<void>;
}

/**
 * Starts the roles of this process. If one part fails to start, those already started are stopped.
 */
export async function start(config: Config, logger: ConsoleLogger): Promise<Running> {
  const unknown = new Venues().unknown(config.feeds);
  if (unknown.length > 0) throw new ConfigError(unknown);
  const database = await openDatabase(config, "own");
  let app: NestFastifyApplication | undefined;
  try {
    const formats = new ApiFormats();
    app = await NestFactory.create<NestFastifyApplication>(
      AppModule.for(config, database, formats),
      httpAdapter(formats),
      {
        logger,
        abortOnError: false,
        bufferLogs: false,
      },
    );
    const connections = await configureHttp(app, config, formats);
    const upgradePaths = app.get(UpgradePaths);
    upgradePaths.listenTo(app.getHttpServer());
    app.useWebSocketAdapter(new LiveAdapter(app, config, connections, upgradePaths));
    setupSwagger(app, SCHEMAS);
    if (config.roles.has("api")) setupPage(app);
    for (const strategy of app.get(ConsumerGroups).all)
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(config.port, config.host);
    const running = app;
    let stopped: Promise<void> | undefined;
    return {
      app,
      database,
      stop: () => (stopped ??= running.close().finally(() => database.stop())),
    };
  } catch (error) {
    await app?.close().catch((second: Error) => logger.debug(second.message));
    await database.stop();
    throw error;
  }
}

/** The start-up text for the operator: URLs, transport and database. */
export function banner({ database }: Running, config: Config): string {
  const host = config.host === "0.0.0.0" || config.host === "::" ? "localhost" : config.host;
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
    lines.push(`  psql      psql "$(npm run --silent tapeline -- url)"   (may only read)`);
  return lines.join("\n");
}
