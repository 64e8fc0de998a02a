import { type AddressInfo, type Server, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { DataSource } from "typeorm";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";

/** A message of PostgreSQL's protocol. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const AUTHENTICATED = message("R", Buffer.alloc(4));
const READY = message("Z", Buffer.from("I"));
const EXIT = message(
  "E",
  Buffer.from("SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"),
);

let server: Server;
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(Buffer.concat([AUTHENTICATED, READY, EXIT])));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

it("a server that dies as a connection is made ends no process", async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", note);
  try {
    const { port } = server.address() as AddressInfo;
    const options = dataSourceOptions(serverDatabase(`postgres://a:b@127.0.0.1:${port}/c`), 1);
    await expect(new DataSource(options).initialize()).rejects.toThrow();
    await sleep(100);
    expect(uncaught).toEqual([]);
  } finally {
    process.off("uncaughtException", note);
  }
});
