import type { IncomingMessage } from "node:http";
import { IoAdapter } from "@nestjs/platform-socket.io";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Config } from "../../config/config.js";
import type { Connections } from "../../http/connections.js";
import type { UpgradePaths } from "../../http/upgrade-paths.js";
import { LIVE_LIMITS } from "../../live/live-limits.js";

// The adapter package depends on its own copy of socket.io, with its own types.
type Server = ReturnType<IoAdapter["createIOServer"]>;
type Options = NonNullable<Parameters<IoAdapter["createIOServer"]>[1]>;

/** The default of every Socket.IO client. */
const PATH = "/socket.io/";

/** Socket.IO on the application's own port, with the options that need the configuration. */
export class LiveAdapter extends IoAdapter {
  constructor(
    app: NestFastifyApplication,
    private readonly config: Config,
    private readonly connections: Connections,
    private readonly upgradePaths: UpgradePaths,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Options): Server {
    this.upgradePaths.add(PATH);
    const server: Server = super.createIOServer(port, {
      ...options,
      path: PATH,
      transports: ["websocket"],
      // Other handlers accept WebSockets at their own paths (see UpgradePaths).
      destroyUpgrade: false,
      perMessageDeflate: false,
      pingInterval: LIVE_LIMITS.pingEveryMs,
      pingTimeout: LIVE_LIMITS.pongWithinMs,
      maxHttpBufferSize: LIVE_LIMITS.messageBytes,
      // The page and other clients bundle the client library themselves.
      serveClient: false,
      // CORS does not apply to WebSockets: a browser connects from any page unless the handshake
      // checks its origin.
      allowRequest: (request, answer) => {
        if (!isAllowedOrigin(request, this.config.corsOrigins))
          answer("origin not allowed; see CORS_ORIGINS", false);
        else if (server.engine.clientsCount >= LIVE_LIMITS.clients)
          answer(`more than ${LIVE_LIMITS.clients} clients`, false);
        else answer(null, true);
      },
    } as Options);
    return server;
  }

  /** Also closes the HTTP server, which Socket.IO is attached to. */
  override async close(server: Server): Promise<void> {
    this.connections.end();
    await super.close(server);
  }
}

/**
 * True for the same host, a configured origin, or a client without an Origin header (no browser).
 */
export function isAllowedOrigin(
  { headers }: Pick<IncomingMessage, "headers">,
  allowed: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
