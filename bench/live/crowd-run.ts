import type { SubscribeReply } from "../../src/live/live-events.js";
import { roomOf } from "../../src/live/subscription.js";
import { answer, clock } from "../harness/child.js";
import type { Plan } from "./crowd.js";
import { RawClient } from "./raw-client.js";

/**
 * Clients of a live feed, in a separate process. Reads room and number of every frame, and parses
 * as few as possible.
 */

/** Prefix before the market in a frame of candles, and before the data in one of tickers. */
const CANDLES = '42["candles",{"market":"';
const QUOTE = 0x22;
/** The event's name from its first letter. */
const [C, T] = [0x63, 0x74];
const SEQ = Buffer.from('"seq":');

interface Follower extends Plan {
  client: RawClient | undefined;
  /** Number of the last frame by room; undefined until the snapshot is there. */
  places: Map<string, number>;
  /** Newest frame or snapshot by room, while enabled. */
  newest: Map<string, string>;
  isPaused: boolean;
}

/** Room, number and time of a frame that a sampled client got, one after the other. */
let sampled: [room: string, seq: number, at: number][] = [];
let [frames, bytes, jumps, resyncs, reconnects] = [0, 0, 0, 0, 0];
let keepsNewest = false;
let port = 0;
const followers: Follower[] = [];
const roomNames = new Map<string, string>();

function onMessage(follower: Follower, buffer: Buffer, from: number, to: number): void {
  const event = buffer[from + 4];
  if (event !== C && event !== T) {
    if (buffer.toString("latin1", from + 4, from + 10) === "resync") {
      resyncs++;
      void enter(follower);
    }
    return;
  }
  let room = "tickers";
  if (event === C) {
    const start = from + CANDLES.length;
    const market = buffer.toString("latin1", start, buffer.indexOf(QUOTE, start));
    room = roomNames.get(market) ?? nameRoom(market);
  }
  let at = buffer.indexOf(SEQ, from) + SEQ.length;
  let seq = 0;
  for (; ; at++) {
    const digit = (buffer[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    seq = seq * 10 + digit;
  }
  frames++;
  bytes += to - from;
  const place = follower.places.get(room);
  if (place !== undefined) {
    if (seq !== place + 1) jumps++;
    follower.places.set(room, seq);
  }
  if (keepsNewest) follower.newest.set(room, buffer.toString("utf8", from + 2, to));
  if (follower.isSampled) sampled.push([room, seq, clock()]);
}

function nameRoom(market: string): string {
  const room = roomOf({ channel: "candles", market, interval: "1m" });
  roomNames.set(market, room);
  return room;
}

async function enter(follower: Follower): Promise<void> {
  for (const channel of follower.channels) {
    const room = roomOf(channel);
    follower.places.delete(room);
    const reply = (await follower.client?.emitWithAck("subscribe", channel)) as SubscribeReply;
    if (!reply.ok) throw new Error(`${room}: ${JSON.stringify(reply)}`);
    follower.places.set(room, reply.seq);
  }
}

async function open(follower: Follower): Promise<void> {
  follower.client = await RawClient.connect(
    port,
    (buffer, from, to) => onMessage(follower, buffer, from, to),
    () => {
      if (!followers.includes(follower)) return;
      // As socket.io clients do.
      reconnects++;
      follower.places.clear();
      setTimeout(() => void open(follower).catch(fail), 500);
    },
  );
  await enter(follower);
}

function fail(error: Error): void {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

answer({
  /** Connects clients and subscribes each to its channels, a hundred at a time. */
  enter: async (serverPort: number, plans: Plan[]) => {
    port = serverPort;
    for (let at = 0; at < plans.length; at += 100)
      await Promise.all(
        plans.slice(at, at + 100).map((plan) => {
          const follower: Follower = {
            ...plan,
            client: undefined,
            places: new Map(),
            newest: new Map(),
            isPaused: false,
          };
          followers.push(follower);
          return open(follower);
        }),
      );
  },
  /** Disconnects all clients. */
  leave: () => {
    for (const { client } of followers.splice(0)) client?.end();
  },
  counts: () => ({ frames, bytes, jumps, resyncs, reconnects }),
  /** What was sampled since the last time. */
  sampled: () => {
    const taken = sampled;
    sampled = [];
    return taken;
  },
  keepNewest: (keeps: boolean) => {
    keepsNewest = keeps;
    for (const { newest } of followers) newest.clear();
  },
  /** How many clients have another newest state of one of their rooms than this, or none. */
  wrong: (expected: ReadonlyMap<string, string>) =>
    followers.filter(({ channels, newest }) =>
      channels.some((channel) => {
        const frame = newest.get(roomOf(channel)) ?? "";
        return !frame.includes(expected.get(roomOf(channel)) ?? "\n");
      }),
    ).length,
  unsettled: () =>
    followers.filter(
      ({ channels, places }) => !channels.every((channel) => places.has(roomOf(channel))),
    ).length,
  pause: (below: number) => {
    for (const follower of followers)
      if (follower.index < below) {
        follower.isPaused = true;
        follower.client?.pause();
      }
  },
  resume: () => {
    for (const follower of followers)
      if (follower.isPaused) {
        follower.isPaused = false;
        follower.client?.resume();
      }
  },
});
