import { Sender } from "ws";

declare module "ws" {
  /** Exported by ws (Socket.IO frames its broadcasts with it), and missing in its types. */
  class Sender {
    static frame(
      data: Buffer,
      options: { fin: boolean; opcode: number },
    ): [head: Buffer, data?: Buffer];
  }
}

const TEXT = { fin: true, opcode: 1 };
/** Of an unmasked frame (RFC 6455, section 5.2). */
const MAX_HEAD_BYTES = 10;

/**
 * A Socket.IO event of the main namespace as one WebSocket message: `42[event, data]` (4: a message
 * of Engine.IO, 2: an event of Socket.IO) in an unmasked text frame. Several frames in one buffer
 * arrive as separate messages.
 *
 * The text is written after space for the longest head, and the head is then put before it: the
 * frame is one buffer for every client's socket, and its text is not copied.
 */
export function eventFrame(event: string, data: unknown): Buffer {
  const text = `42${JSON.stringify([event, data])}`;
  const buffer = Buffer.allocUnsafe(MAX_HEAD_BYTES + Buffer.byteLength(text));
  buffer.write(text, MAX_HEAD_BYTES);
  const [head] = Sender.frame(buffer.subarray(MAX_HEAD_BYTES), TEXT);
  const start = MAX_HEAD_BYTES - head.length;
  buffer.set(head, start);
  return buffer.subarray(start);
}
