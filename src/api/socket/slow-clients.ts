import { LIVE_LIMITS } from "../../live/live-limits.js";

/** Options of a packet of Engine.IO whose WebSocket frames are made already. */
export interface Encoded {
  compress: boolean;
  wsPreEncodedFrame: readonly Buffer[];
}

/** What of a client's engine.io connection has to be seen: its types hide the buffer. */
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
  /** Something reached the kernel since the last look. */
  drained: boolean;
  /** Looks in a row that found too much waiting and nothing drained. */
  strikes: number;
  slowSince: number | undefined;
}

export interface SlowEvents {
  /** From now on it must get no frames. */
  slow(id: string): void;
  /** Everything it had waiting is gone. */
  drained(id: string): void;
}

/**
 * Watches how much each client leaves waiting. engine.io hands packets to the WebSocket and holds back the next ones
 * until the kernel has taken these, so a client that does not read shows as a buffer that grows without a drain. Two
 * looks must agree: a burst to many rooms waits for one turn of the event loop in the fastest client's buffer, too.
 */
export class SlowClients {
  private readonly clients = new Map<string, Client>();
  private lastLook = -Infinity;

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

  /** Call it before frames go out, and now and then besides; it does nothing within `lookMs` of the last time. */
  look(): void {
    const now = this.now();
    if (now - this.lastLook < LIVE_LIMITS.lookMs) return;
    this.lastLook = now;
    for (const [id, client] of this.clients) this.judge(id, client, now);
  }

  private judge(id: string, client: Client, now: number): void {
    const { wire } = client;
    const packets = wire.writeBuffer.length;
    const bytes = waitingBytes(wire);
    const { slowPackets, slowBytes, cutPackets, cutBytes, slowMs } =
      LIVE_LIMITS;
    if (packets > cutPackets || bytes > cutBytes)
      wire.transport.socket.terminate();
    else if (client.slowSince !== undefined) {
      if (packets === 0 && wire.transport.writable) {
        client.slowSince = undefined;
        client.strikes = 0;
        this.events.drained(id);
      } else if (now - client.slowSince > slowMs)
        wire.transport.socket.terminate();
    } else {
      client.strikes =
        !client.drained && (packets > slowPackets || bytes > slowBytes)
          ? client.strikes + 1
          : 0;
      if (client.strikes >= 2) {
        client.slowSince = now;
        this.events.slow(id);
      }
    }
    client.drained = false;
  }
}

/** Bytes a connection has not handed to the kernel. */
export function waitingBytes({ writeBuffer, transport }: Wire): number {
  let bytes = transport.socket.bufferedAmount;
  for (const { data, options } of writeBuffer) {
    if (typeof data === "string") bytes += data.length;
    for (const { length } of options?.wsPreEncodedFrame ?? []) bytes += length;
  }
  return bytes;
}
