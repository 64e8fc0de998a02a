import type { Candle } from "../../src/domain/candle.js";
import type {
  Channel,
  SubscribeReply,
  Subscribed,
  SubscribeRequest,
} from "../../src/api/live-events.js";
import type { Client } from "./api-under-test.js";

export function ask(
  client: Client,
  request: SubscribeRequest,
): Promise<SubscribeReply> {
  return client.timeout(20_000).emitWithAck("subscribe", request);
}

/** Throws the refusal. */
export async function enter(
  client: Client,
  request: SubscribeRequest,
): Promise<Subscribed<Candle>> {
  const reply = await ask(client, request);
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.detail}`);
  return reply as Subscribed<Candle>;
}

/** A client as `live-events.ts` tells it to be: applies frames and snapshots by version, and subscribes again after a jump. */
export class Follower {
  readonly candles = new Map<number, Candle>();
  /** Every (openTime, revision) of a closed candle that a frame brought. */
  readonly closed = new Set<string>();
  jumps = 0;
  resyncs = 0;
  private place: { epoch: string; seq: number } | undefined;

  constructor(
    readonly client: Client,
    private readonly request: SubscribeRequest & { channel: "candles" },
  ) {
    client.on("candles", (frame) => {
      if (
        frame.market !== request.market ||
        frame.interval !== request.interval
      )
        return;
      for (const candle of frame.candles)
        if (candle.closed)
          this.closed.add(`${candle.openTime} ${candle.revision}`);
      this.apply(frame.candles);
      if (this.place === undefined) return;
      const follows =
        frame.epoch === this.place.epoch && frame.seq === this.place.seq + 1;
      this.place = { epoch: frame.epoch, seq: frame.seq };
      if (follows) return;
      this.jumps++;
      void this.begin();
    });
    client.on("resync", ({ rooms }: { rooms: Channel[] }) => {
      this.resyncs++;
      if (
        rooms.some(
          (room) =>
            room.channel === "candles" && room.market === request.market,
        )
      )
        void this.begin();
    });
  }

  async begin(): Promise<void> {
    this.place = undefined;
    const { epoch, seq, snapshot } = await enter(this.client, this.request);
    this.place = { epoch, seq };
    this.apply(snapshot);
  }

  /** Ascending, without what differs between two equal histories. */
  state(): Candle[] {
    return [...this.candles.values()].sort((a, b) => a.openTime - b.openTime);
  }

  private apply(candles: readonly Candle[]): void {
    for (const candle of candles) {
      const known = this.candles.get(candle.openTime);
      if (known === undefined || candle.version > known.version)
        this.candles.set(candle.openTime, candle);
    }
  }
}
