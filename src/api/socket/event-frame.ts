/**
 * A Socket.IO event of the main namespace as one WebSocket message: `42[event, data]` (4: a message of Engine.IO, 2: an
 * event of Socket.IO) in an unmasked text frame (RFC 6455, section 5.2). Frames that follow each other in a buffer arrive
 * as so many messages.
 */
export function eventFrame(event: string, data: unknown): Buffer {
  const text = `42${JSON.stringify([event, data])}`;
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (length < 126) frame[1] = length;
  else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head);
  return frame;
}
