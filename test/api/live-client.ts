import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import type {
  Channel,
  SubscribeReply,
  Subscribed,
  SubscribeRequest,
} from "../../src/live/live-events.js";
import { until } from "../support/app.js";
import { trade } from "../support/tape.js";
import type { Client } from "./api-under-test.js";

export function subscribe(client: Client, request: SubscribeRequest): Promise<SubscribeReply> {
  return client.timeout(20_000).emitWithAck("subscribe", request);
}

/** Subscribes; retries temporary errors for 10 s, throws any other. */
export async function enter(
  client: Client,
  request: SubscribeRequest,
): Promise<Subscribed<Candle>> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const reply = await subscribe(client, request);
    if (reply.ok) return reply as Subscribed<Candle>;
    const { code, detail } = reply.error;
    const canRetry = code === "unavailable" || code === "too_slow";
    if (!canRetry || Date.now() > limit) throw new Error(`${code}: ${detail}`);
    await sleep(200);
  }
}

/**
 * A client by the protocol of `live-events.ts`: applies frames and snapshots by version, and
 * subscribes again after a jump.
 */
export class Follower {
  readonly candles = new Map<number, Candle>();
  /** Every (openTime, revision) of a closed candle received in a frame. */
  readonly closed = new Set<string>();
  jumps = 0;
  resyncs = 0;
  private place: { epoch: string; seq: number } | undefined;

  constructor(
    readonly client: Client,
    private readonly request: SubscribeRequest & { channel: "candles" },
  ) {
    client.on("candles", (frame) => {
      if (frame.market !== request.market || frame.interval !== request.interval) return;
      for (const candle of frame.candles)
        if (candle.closed) this.closed.add(`${candle.openTime} ${candle.revision}`);
      this.apply(frame.candles);
      if (this.place === undefined) return;
      const follows = frame.epoch === this.place.epoch && frame.seq === this.place.seq + 1;
      this.place = { epoch: frame.epoch, seq: frame.seq };
      if (follows) return;
      this.jumps++;
      void this.begin();
    });
    client.on("resync", ({ rooms }: { rooms: Channel[] }) => {
      this.resyncs++;
      if (rooms.some((room) => room.channel === "candles" && room.market === request.market))
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

/** Makes trades with ids that stay dense over a whole file. */
export class TradeMaker {
  private readonly ids = new Map<string, number>();

  next(market: string, time: number, fields: Partial<Trade> = {}): Trade {
    const id = this.newest(market) + 1;
    this.ids.set(market, id);
    return trade(market, id, time, fields);
  }

  newest(market: string): number {
    return this.ids.get(market) ?? 0;
  }
}

/** Waits until both are equal; fails with their difference. */
export async function settled(what: () => unknown, expected: () => unknown): Promise<void> {
  try {
    await until(() => JSON.stringify(what()) === JSON.stringify(expected()), 30_000);
  } catch {
    expect(what()).toEqual(expected());
  }
}
