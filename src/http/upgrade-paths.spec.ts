import { type Server, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { UpgradePaths } from "./upgrade-paths.js";

describe("paths at which a server accepts WebSockets", () => {
  const sockets = new WebSocketServer({ noServer: true });
  let server: Server;
  let paths: UpgradePaths;
  let port: number;

  beforeEach(async () => {
    paths = new UpgradePaths();
    server = createServer();
    paths.listenTo(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  afterAll(() => {
    sockets.close();
  });

  /** The first message, or the status of the refusal. */
  async function answerAt(path: string): Promise<string | number> {
    const client = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    return new Promise((resolve, reject) => {
      client.once("message", (data: Buffer) => {
        client.close();
        resolve(data.toString());
      });
      client.once("unexpected-response", (request, { statusCode = 0 }) => {
        request.destroy();
        resolve(statusCode);
      });
      client.once("error", reject);
    });
  }

  function take(path: string, greeting: string): void {
    paths.add(path, (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (client) => {
        client.send(`${greeting} ${request.url}`);
      });
    });
  }

  it("are routed to their handler, with the paths below them", async () => {
    take("/ws", "one");
    take("/stream", "other");
    expect(await answerAt("/ws?listen=1")).toBe("one /ws?listen=1");
    expect(await answerAt("/ws/btcusdt@trade")).toBe("one /ws/btcusdt@trade");
    expect(await answerAt("/stream")).toBe("other /stream");
  });

  it("answer 404 where none was added", async () => {
    take("/ws", "one");
    expect(await answerAt("/wsx")).toBe(404);
    expect(await answerAt("/")).toBe(404);
  });

  it("do not interfere with a library that handles upgrades itself", async () => {
    paths.add("/socket.io/");
    server.on("upgrade", (request, socket, head) => {
      if (request.url?.startsWith("/socket.io/"))
        sockets.handleUpgrade(request, socket, head, (client) => {
          client.send("library");
        });
    });
    expect(await answerAt("/socket.io/?EIO=4")).toBe("library");
    expect(await answerAt("/socket.io")).toBe(404);
  });

  it("can be added once", () => {
    take("/ws", "one");
    expect(() => take("/ws", "two")).toThrow("two parts of this server take WebSockets at /ws");
  });

  it("survive a client that disconnects before the answer", async () => {
    let taken!: () => void;
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    let closed!: () => void;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    paths.add("/slow", (_request, socket) => {
      socket.once("close", closed);
      taken();
    });
    const client = connect(port, "127.0.0.1");
    client.write(
      "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await isTaken;
    client.resetAndDestroy();
    await isClosed;
  });
});
