import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { eventFrame } from "../../src/live/event-frame.js";

/** The messages that a WebSocket client receives when these bytes are written to its connection. */
async function messagesIn(bytes: Buffer, count: number): Promise<string[]> {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) =>
    server.handleUpgrade(request, socket, head, () => socket.write(bytes)),
  );
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const { port } = http.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  try {
    const messages: string[] = [];
    await new Promise<void>((done, fail) => {
      client.on("error", fail);
      client.on("message", (data: Buffer) => {
        messages.push(data.toString());
        if (messages.length === count) done();
      });
    });
    return messages;
  } finally {
    client.terminate();
    server.close();
    http.closeAllConnections();
    await new Promise((done) => http.close(done));
  }
}

describe("an event as a WebSocket frame", () => {
  it.each([0, 80, 90, 100, 110, 200, 65_400, 65_600, 200_000])(
    "is read as one message with %i characters in it, beside another",
    async (length) => {
      const data = { text: "x".repeat(length) };
      const frames = [eventFrame("candles", data), eventFrame("tickers", [])];
      expect(await messagesIn(Buffer.concat(frames), 2)).toEqual([
        `42${JSON.stringify(["candles", data])}`,
        '42["tickers",[]]',
      ]);
    },
  );

  it("is read at every length around the limits of its header", async () => {
    const around = (length: number): number[] =>
      Array.from({ length: 60 }, (_, index) => length - 50 + index);
    const texts = [...around(125), ...around(65_535)].map((length) => "x".repeat(length));
    const frames = texts.map((text) => eventFrame("e", text));
    expect(await messagesIn(Buffer.concat(frames), texts.length)).toEqual(
      texts.map((text) => `42${JSON.stringify(["e", text])}`),
    );
  });

  it("counts bytes, not characters", async () => {
    const data = { symbol: "币安人生USDT€😀".repeat(20) };
    expect(await messagesIn(eventFrame("candles", data), 1)).toEqual([
      `42${JSON.stringify(["candles", data])}`,
    ]);
  });
});
