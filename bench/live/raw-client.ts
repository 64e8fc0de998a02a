import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";

/** Read buffer shared by all clients of a process; incomplete frames are copied out. */
const SHARED = Buffer.allocUnsafe(262_144);

/** A text message of Engine.IO at `from`–`to` of a buffer that is reused afterwards. */
export type OnMessage = (buffer: Buffer, from: number, to: number) => void;

/**
 * A Socket.IO client without Socket.IO: reads frames directly from the TCP stream, so that a
 * hundred thousand frames a second leave the other core to the server.
 */
export class RawClient {
  private rest: Buffer | undefined;
  private isUpgraded = false;
  private isOpen = false;
  private acks = 0;
  private readonly answers = new Map<number, (answer: unknown) => void>();

  private constructor(
    private readonly socket: Socket,
    private readonly onMessage: OnMessage,
    private readonly opened: () => void,
  ) {}

  static connect(port: number, onMessage: OnMessage, onClose: () => void): Promise<RawClient> {
    return new Promise((done, fail) => {
      const socket = connect({
        port,
        host: "127.0.0.1",
        onread: {
          buffer: SHARED,
          callback: (size, buffer) => {
            client.read(buffer as Buffer, size);
            return true;
          },
        },
      });
      const client = new RawClient(socket, onMessage, () => done(client));
      socket.setNoDelay(true);
      socket.once("error", fail);
      socket.once("close", () => {
        fail(new Error("the server has closed the connection"));
        onClose();
      });
      socket.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
      );
    });
  }

  /** Resolves with the first part of the acknowledgement. */
  emitWithAck(event: string, request: unknown): Promise<unknown> {
    const id = this.acks++;
    return new Promise((done) => {
      this.answers.set(id, done);
      this.text(`42${id}${JSON.stringify([event, request])}`);
    });
  }

  /** Stops reading, like a page on a sleeping computer. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer, size: number): void {
    let buffer = chunk;
    let end = size;
    if (this.rest !== undefined) {
      buffer = Buffer.concat([this.rest, chunk.subarray(0, size)]);
      end = buffer.length;
      this.rest = undefined;
    }
    let at = 0;
    if (!this.isUpgraded) {
      const head = buffer.subarray(0, end).indexOf("\r\n\r\n");
      if (head >= 0) {
        const status = buffer.toString("latin1", 9, 12);
        if (status !== "101") this.socket.destroy(new Error(`upgrade answered by ${status}`));
        this.isUpgraded = true;
        at = head + 4;
      }
    }
    while (this.isUpgraded && end - at >= 2) {
      const short = (buffer[at + 1] as number) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (end - at < head) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? buffer.readUInt16BE(at + 2)
            : Number(buffer.readBigUInt64BE(at + 2));
      if (end - at < head + length) break;
      const opcode = (buffer[at] as number) & 0x0f;
      at += head;
      if (opcode === 1) this.message(buffer, at, at + length);
      at += length;
    }
    if (at < end) this.rest = Buffer.from(buffer.subarray(at, end));
  }

  private message(buffer: Buffer, from: number, to: number): void {
    const [type, second] = [buffer[from], buffer[from + 1]];
    if (type === 0x34 && second === 0x32) this.onMessage(buffer, from, to);
    else if (type === 0x32) this.text("3");
    else if (type === 0x30) this.text("40");
    else if (type === 0x34 && second === 0x30 && !this.isOpen) {
      this.isOpen = true;
      this.opened();
    } else if (type === 0x34 && second === 0x33) {
      const text = buffer.toString("utf8", from + 2, to);
      const parts = text.indexOf("[");
      const id = Number(text.slice(0, parts));
      const done = this.answers.get(id);
      this.answers.delete(id);
      done?.((JSON.parse(text.slice(parts)) as unknown[])[0]);
    }
  }

  /** Clients have to mask; a mask of zeros changes nothing. */
  private text(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > 65_535) throw new Error("a request has to be short");
    const head = Buffer.from(
      length < 126
        ? [0x81, 0x80 | length, 0, 0, 0, 0]
        : [0x81, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0],
    );
    this.socket.write(Buffer.concat([head, Buffer.from(text)]));
  }
}
