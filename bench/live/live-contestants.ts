import { roomOf } from "../../src/live/subscription.js";
import type { Row } from "../harness/benchmark.js";
import { Child } from "../harness/child.js";
import type { Crowd, Flushes, Plan } from "./crowd.js";

export const PRODUCT = "Tapeline";
export const EMIT = "Socket.IO room emit";
const FLOOR = "ws, pre-framed";

/** A server of live frames in a process of its own. */
export interface LiveServer {
  name: string;
  kind: Row["kind"];
  child: Child;
  port: number;
}

async function open(
  name: string,
  kind: Row["kind"],
  file: string,
  env: Record<string, string> = {},
): Promise<LiveServer> {
  const child = await Child.start(file, [], env);
  return { name, kind, child, port: await child.call<number>("open") };
}

export function openProduct(databaseUrl: string): Promise<LiveServer> {
  return open(PRODUCT, "tapeline", "bench/live/fan-out-run.ts", {
    DATABASE_URL: databaseUrl,
    FEEDS: "",
    PORT: "0",
    LOG_LEVEL: "warn",
  });
}

export function openRoomEmit(): Promise<LiveServer> {
  return open(EMIT, "peer", "bench/peers/room-emit-run.ts");
}

export function openPreFramed(): Promise<LiveServer> {
  return open(FLOOR, "bare", "bench/peers/pre-framed-run.ts");
}

/** Connects a crowd; returns the server's memory per connection, bytes. */
export async function enter(
  { child, port }: LiveServer,
  crowd: Crowd,
  plans: readonly Plan[],
): Promise<number> {
  const before = await child.call<number>("resident");
  await crowd.enter(port, plans);
  const after = await child.call<number>("resident");
  return (after - before) / plans.length;
}

/**
 * Number of frames expected after these were sent. Throws when they did not arrive, or one was
 * skipped.
 */
export async function checkDelivered(
  crowd: Crowd,
  plans: readonly Plan[],
  flushes: Flushes,
  since: { frames: number; jumps: number },
): Promise<number> {
  const members = new Map<string, number>();
  for (const { channels } of plans)
    for (const channel of channels)
      members.set(roomOf(channel), (members.get(roomOf(channel)) ?? 0) + 1);
  let expected = 0;
  for (const key of flushes.keys())
    expected += members.get(key.slice(0, key.lastIndexOf(" "))) ?? 0;
  const counts = await crowd.quiet();
  const frames = counts.frames - since.frames;
  if (frames !== expected || counts.jumps !== since.jumps)
    throw new Error(
      `${frames} of ${expected} frames arrived, with ${counts.jumps - since.jumps} jumps`,
    );
  return frames;
}

/**
 * Sends one more round and checks that every client has exactly the newest state of each of its
 * rooms.
 */
export async function checkNewest({ child }: LiveServer, crowd: Crowd): Promise<void> {
  await crowd.keepNewest(true);
  await child.call("paced", 1, 100);
  await crowd.quiet();
  await crowd.check(await child.call<Map<string, string>>("expected"));
  await crowd.keepNewest(false);
  await child.call("flushes");
}
