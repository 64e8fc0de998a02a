import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A folder of bulk files on loopback, with byte ranges and faults on request. */
export class BulkServer {
  /** Requested paths with the first requested byte. */
  readonly requests: { path: string; from: number }[] = [];
  /** Ends the connection of the next zip behind so many bytes. */
  cutBehind: number | undefined;
  /** Status of every answer, if not what it should be. */
  status: number | undefined;

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {
    server.on("request", (request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(folder: string): Promise<BulkServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new BulkServer(server, folder);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Names of the requested zips. */
  get zips(): string[] {
    return this.requests
      .filter(({ path }) => path.endsWith(".zip"))
      .map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://bulk").pathname;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    this.requests.push({ path, from });
    if (this.status !== undefined) {
      response.writeHead(this.status).end();
      return;
    }
    const file = join(this.folder, path);
    const size = await stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, { "content-length": size - from });
    const cut = path.endsWith(".zip") ? this.cutBehind : undefined;
    if (cut === undefined) {
      createReadStream(file, { start: from }).pipe(response);
      return;
    }
    this.cutBehind = undefined;
    for await (const chunk of createReadStream(file, {
      start: from,
      end: from + cut - 1,
    }))
      response.write(chunk);
    setTimeout(() => response.destroy(), 50);
  }
}
