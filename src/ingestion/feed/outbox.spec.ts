import { setTimeout as sleep } from "node:timers/promises";
import type { TapeRecord, Trade } from "../../domain/trade.js";
import { InProcessTransport } from "../../streaming/in-process/in-process-transport.js";
import type { Transport } from "../../streaming/transport.js";
import { Outbox } from "./outbox.js";

let transport: InProcessTransport;
let outbox: Outbox;
let handled: TapeRecord[];
let write: () => void;
let rooms: number;
let next: number;
/** Records that the transport has, written or not. */
let arrived: number;

/** One write of the recorder, which ends when `write` is called. */
beforeEach(async () => {
  handled = [];
  rooms = 0;
  next = 1;
  arrived = 0;
  transport = new InProcessTransport();
  await transport.start();
  const written = new Promise<void>((resolve) => (write = resolve));
  await transport.subscribe({
    group: "recorder",
    ephemeral: false,
    lanes: 1,
    maxBatch: 20_000,
    paceMs: 0,
    handlers: new Map([
      [
        "trades",
        async ({ records }) => {
          await written;
          handled.push(...(records as TapeRecord[]));
        },
      ],
    ]),
  });
  await transport.subscribe({
    group: "api",
    ephemeral: true,
    lanes: 1,
    maxBatch: 20_000,
    paceMs: 0,
    handlers: new Map([
      [
        "trades",
        ({ records }) => {
          arrived += records.length;
          return Promise.resolve();
        },
      ],
    ]),
  });
  outbox = new Outbox(transport, () => rooms++);
});

afterEach(async () => {
  write();
  await outbox.close(5_000);
  await transport.close();
});

function trades(count: number): Trade[] {
  return Array.from({ length: count }, () => {
    const id = String(next++);
    return {
      market: "binance:BTCUSDT",
      id,
      ord: id,
      ids: "dense",
      kind: "raw",
      count: 1,
      price: "1",
      amount: "1",
      takerSide: "buy",
      time: Date.UTC(2025, 5, 1),
      receivedAt: Date.UTC(2025, 5, 1),
      source: "live",
      offBook: false,
    };
  });
}

describe("records of a feed", () => {
  // Only four batches of a few ms each used to be in flight: later records missed the next write.
  it("reach the transport long before earlier ones are written", async () => {
    for (let frame = 0; frame < 30; frame++) {
      outbox.push(trades(1));
      await sleep(4);
    }
    await sleep(20);
    expect(handled).toEqual([]);
    expect(arrived).toBe(30);
  });

  it("are all handled in order, however many came at once", async () => {
    expect(outbox.push(trades(19_000))).toBe(true);
    await sleep(20);
    expect(outbox.push(trades(19_000))).toBe(true);
    await sleep(20);
    // At most 20,000 and a batch are in flight while none is written.
    expect(arrived).toBeLessThan(25_000);
    expect(outbox.push(trades(19_000))).toBe(false);
    write();
    await outbox.close(5_000);
    expect(handled.map((record) => "id" in record && record.id)).toEqual(
      Array.from({ length: 57_000 }, (_, index) => String(index + 1)),
    );
    expect(rooms).toBeGreaterThan(0);
  });

  // A socket resumed after each batch would pause and resume with every frame of a flood.
  it("may come again only when less than half of the capacity waits", async () => {
    const releases: (() => void)[] = [];
    const slow = {
      produce: () => new Promise<void>((resolve) => releases.push(resolve)),
    } as unknown as Transport;
    const full = new Outbox(slow, () => rooms++);
    // Four batches are in flight, and 20,000 records wait.
    full.push(trades(20_000));
    await sleep(20);
    expect(releases).toHaveLength(4);
    expect(full.push(trades(20_000))).toBe(false);
    const roomsSeen: number[] = [];
    for (let batch = 0; batch < 5; batch++) {
      releases[batch]?.();
      await sleep(5);
      roomsSeen.push(rooms);
    }
    expect(roomsSeen).toEqual([0, 0, 0, 1, 2]);
    for (const release of releases) release();
    await full.close(5_000);
  });
});
