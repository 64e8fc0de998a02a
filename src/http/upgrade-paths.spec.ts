import { type Server, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
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

  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const limit = performance.now() + 10_000;
    while (!(await isSo())) {
      if (performance.now() > limit) throw new Error("not within 10 s");
      await sleep(5);
    }
  }

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

  it("go to the longest path, in whatever order they were added", async () => {
    take("/ws", "one");
    take("/ws/private", "other");
    expect(await answerAt("/ws/private/x")).toBe("other /ws/private/x");
    expect(await answerAt("/ws/x")).toBe("one /ws/x");
  });

  it("do not let a refused client keep its connection open", async () => {
    const closed = new Promise<void>((resolve) => {
      server.once("connection", (socket) => socket.once("close", () => resolve()));
    });
    // It sends more than anyone reads, and never closes its side.
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.write(
      "GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nmore",
    );
    await closed;
    client.destroy();
  });

  it("are not taken for requests for another protocol, which are answered as usual", async () => {
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => response.end(`${request.method} ${request.url} ${body}`));
    });
    const client = connect(port, "127.0.0.1");
    let answer = "";
    client.on("data", (part: Buffer) => (answer += part.toString()));
    const h2c =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    client.write(`GET /health HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`);
    await until(() => answer.includes("GET /health"));
    // On the same connection, with a body that comes in two parts.
    client.write(`POST /trades HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n${h2c}\r\n12345`);
    await sleep(50);
    client.write("67890");
    await until(() => answer.includes("POST /trades 1234567890"));
    expect(answer.match(/200 OK/g)).toHaveLength(2);
    client.destroy();
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
