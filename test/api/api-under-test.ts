import type { AddressInfo } from "node:net";
import { Controller, Get, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { type Socket, io } from "socket.io-client";
import { ApiModule } from "../../src/api/api.module.js";
import { setupPage } from "../../src/api/page/page.js";
import { SCHEMAS } from "../../src/api/rest/schemas.js";
import { LiveAdapter } from "../../src/api/socket/live.adapter.js";
import { HistoryVenues } from "../../src/api/rest/history-venues.js";
import { CONFIG, readConfig } from "../../src/config/config.js";
import type { TapeRecord } from "../../src/domain/trade.js";
import { HealthChecks } from "../../src/health/health-checks.js";
import { ApiFormats } from "../../src/http/api-formats.js";
import { configureHttp, httpAdapter } from "../../src/http/http.js";
import { setupSwagger } from "../../src/http/swagger.js";
import { UpgradePaths } from "../../src/http/upgrade-paths.js";
import type { ClientEvents, ServerEvents } from "../../src/live/live-events.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { PersistenceModule, RecorderModule } from "../../src/persistence/persistence.module.js";
import { DATABASE } from "../../src/persistence/schema/database.js";
import { ConsumerGroups } from "../../src/streaming/consumer-groups.js";
import { StreamingModule } from "../../src/streaming/streaming.module.js";
import { Transport } from "../../src/streaming/transport.js";
import { Venues } from "../../src/venues/venues.js";
import { confirmed } from "../support/tape.js";

export type Client = Socket<ServerEvents, ClientEvents>;

export interface ApiUnderTest {
  app: NestFastifyApplication;
  url: string;
  /** Produces trades through transport and recorder, and confirms their times; resolves when they are stored. */
  record(records: readonly TapeRecord[]): Promise<void>;
  client(options?: { origin?: string }): Promise<Client>;
  close(): Promise<void>;
}

/** Routes that the API itself does not have: one with a body, and one that fails. */
@Controller("probe")
class ProbeController {
  @Post()
  take(): string {
    return "taken";
  }

  @Get("failing")
  fail(): never {
    throw new Error("secret: password=hunter2", { cause: new Error("deeper") });
  }
}

/**
 * API and recorder as one process runs them: real HTTP server, in-process transport, the database
 * at `databaseUrl`.
 */
export async function startApi(
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ApiUnderTest> {
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    RATE_LIMIT: "100000",
    WRITERS: "1",
    ...env,
  });
  const database = {
    kind: "server",
    url: databaseUrl,
    readerUrl: undefined,
    readerPassword: undefined,
    stop: () => Promise.resolve(),
  };
  const formats = new ApiFormats();
  const foundation = [
    { provide: CONFIG, useValue: config },
    { provide: DATABASE, useValue: database },
    { provide: ApiFormats, useValue: formats },
    { provide: HistoryVenues, useValue: new Venues() },
    UpgradePaths,
    Metrics,
    HealthChecks,
  ];

  @Module({})
  class Foundation {}
  @Module({
    controllers: [ProbeController],
    imports: [
      {
        module: Foundation,
        global: true,
        providers: foundation,
        exports: foundation,
      },
      StreamingModule,
      PersistenceModule,
      RecorderModule,
      ApiModule,
    ],
  })
  class Root {}

  const app = await NestFactory.create<NestFastifyApplication>(Root, httpAdapter(formats), {
    logger: ["fatal"],
    abortOnError: false,
  });
  const connections = await configureHttp(app, config, formats);
  const upgradePaths = app.get(UpgradePaths);
  upgradePaths.listenTo(app.getHttpServer());
  app.useWebSocketAdapter(new LiveAdapter(app, config, connections, upgradePaths));
  setupSwagger(app, SCHEMAS);
  setupPage(app);
  const transport = app.get(Transport);
  for (const strategy of app.get(ConsumerGroups).all) app.connectMicroservice({ strategy });
  await app.startAllMicroservices();
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const clients = new Set<Client>();
  return {
    app,
    url,
    record: (records) => transport.produce("trades", confirmed(records)),
    client: async ({ origin } = {}) => {
      const headers: Record<string, string> = origin === undefined ? {} : { origin };
      const client: Client = io(url, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        extraHeaders: headers,
      });
      clients.add(client);
      await new Promise<void>((done, fail) => {
        client.once("connect", done);
        client.once("connect_error", fail);
      });
      return client;
    },
    close: async () => {
      for (const client of clients) client.disconnect();
      await app.close();
    },
  };
}
