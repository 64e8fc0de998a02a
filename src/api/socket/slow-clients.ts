import { LIVE_LIMITS } from "../../live/live-limits.js";

/** Options of an Engine.IO packet whose WebSocket frames are already encoded. */
export interface Encoded {
  compress: boolean;
  wsPreEncodedFrame: readonly Buffer[];
}

/** The parts of an engine.io connection that are checked; its own types hide the buffer. */
export interface Wire {
  readonly writeBuffer: readonly {
    data?: unknown;
    options?: Partial<Encoded>;
  }[];
  readonly transport: {
    readonly writable: boolean;
    on(event: "drain", listener: () => void): unknown;
    readonly socket: { readonly bufferedAmount: number; terminate(): void };
  };
}

interface Client {
  wire: Wire;
  /** Some bytes have reached the kernel since the last check. */
  drained: boolean;
  /** Consecutive checks that found too much queued and nothing drained. */
  strikes: number;
  slowSince: number | undefined;
}

export interface SlowEvents {
  /** The client must get no more frames. */
  slow(id: string): void;
  /** The client's queue is empty again. */
  drained(id: string): void;
}

/**
 * Monitors the send queue of each client. engine.io hands packets to the WebSocket and holds back
 * the next ones until the kernel has taken these, so a client that does not read shows as a buffer
 * that grows without a drain. Two checks must agree, since a burst to many rooms stays in every
 * client's buffer for one turn of the event loop.
 */
export class SlowClients {
  private readonly clients = new Map<string, Client>();
  private lastCheckAt = -Infinity;

  constructor(
    private readonly events: SlowEvents,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(id: string, wire: Wire): void {
    const client: Client = {
      wire,
      drained: true,
      strikes: 0,
      slowSince: undefined,
    };
    wire.transport.on("drain", () => (client.drained = true));
    this.clients.set(id, client);
  }

  remove(id: string): void {
    this.clients.delete(id);
  }

  isSlow(id: string): boolean {
    return this.clients.get(id)?.slowSince !== undefined;
  }

  /**
   * To be called before frames are sent, and periodically; does nothing within `checkIntervalMs` of
   * the last check.
   */
  check(): void {
    const now = this.now();
    if (now - this.lastCheckAt < LIVE_LIMITS.checkIntervalMs) return;
    this.lastCheckAt = now;
    for (const [id, client] of this.clients) this.checkClient(id, client, now);
  }

  private checkClient(id: string, client: Client, now: number): void {
    const { wire } = client;
    const packets = wire.writeBuffer.length;
    const bytes = waitingBytes(wire);
    const { slowPackets, slowBytes, cutPackets, cutBytes, slowMs } = LIVE_LIMITS;
    if (packets > cutPackets || bytes > cutBytes) wire.transport.socket.terminate();
    else if (client.slowSince !== undefined) {
      if (packets === 0 && wire.transport.writable) {
        client.slowSince = undefined;
        client.strikes = 0;
        this.events.drained(id);
      } else if (now - client.slowSince > slowMs) wire.transport.socket.terminate();
    } else {
      client.strikes =
        !client.drained && (packets > slowPackets || bytes > slowBytes) ? client.strikes + 1 : 0;
      if (client.strikes >= 2) {
        client.slowSince = now;
        this.events.slow(id);
      }
    }
    client.drained = false;
  }
}

/** Bytes that a connection has not yet handed to the kernel. */
export function waitingBytes({ writeBuffer, transport }: Wire): number {
  let bytes = transport.socket.bufferedAmount;
  for (const { data, options } of writeBuffer) {
    if (typeof data === "string") bytes += data.length;
    for (const { length } of options?.wsPreEncodedFrame ?? []) bytes += length;
  }
  return bytes;
}
