import { LIVE_LIMITS } from "../../live/live-limits.js";
import { SlowClients, type Wire } from "./slow-clients.js";

const { lookMs, slowPackets, slowBytes, cutPackets, cutBytes, slowMs } =
  LIVE_LIMITS;

/** The surface of an engine.io connection that is looked at; the real one is in test/api. */
class TestWire implements Wire {
  writeBuffer: { data: string }[] = [];
  cut = false;
  private drained: () => void = () => undefined;
  readonly transport = {
    writable: true,
    on: (_event: "drain", listener: () => void) => (this.drained = listener),
    socket: { bufferedAmount: 0, terminate: () => (this.cut = true) },
  };

  hold(packets: number, bytes = 0): void {
    this.writeBuffer = Array.from({ length: packets }, () => ({ data: "x" }));
    this.transport.writable = packets === 0;
    this.transport.socket.bufferedAmount = bytes;
  }

  drain(): void {
    this.hold(0);
    this.drained();
  }
}

let now: number;
let said: string[];
let clients: SlowClients;
let wire: TestWire;

beforeEach(() => {
  now = 0;
  said = [];
  clients = new SlowClients(
    {
      slow: (id) => said.push(`slow ${id}`),
      drained: (id) => said.push(`drained ${id}`),
    },
    () => now,
  );
  wire = new TestWire();
  clients.add("a", wire);
  look();
});

function look(times = 1): void {
  for (let time = 0; time < times; time++) {
    now += lookMs;
    clients.look();
  }
}

describe("a client", () => {
  it("is slow when two looks in a row find too many packets and nothing drained", () => {
    wire.hold(slowPackets + 1);
    look();
    expect(said).toEqual([]);
    look();
    expect(said).toEqual(["slow a"]);
    expect(clients.isSlow("a")).toBe(true);
  });

  it("is slow by bytes, too", () => {
    wire.hold(1, slowBytes);
    look(3);
    expect(said).toEqual(["slow a"]);
  });

  it("is not slow for a burst that it reads, nor for little that waits long", () => {
    for (let burst = 0; burst < 10; burst++) {
      wire.hold(slowPackets * 2);
      look();
      wire.drain();
      look();
    }
    wire.hold(slowPackets);
    look(100);
    expect(said).toEqual([]);
  });

  it("is not judged twice within one look's time", () => {
    wire.hold(slowPackets + 1);
    look();
    for (let time = 0; time < 10; time++) clients.look();
    expect(said).toEqual([]);
  });

  it("has drained when nothing at all waits", () => {
    wire.hold(slowPackets + 1);
    look(3);
    wire.hold(1);
    look(3);
    expect(said).toEqual(["slow a"]);
    wire.drain();
    look();
    expect(said).toEqual(["slow a", "drained a"]);
    expect(clients.isSlow("a")).toBe(false);
  });

  it("is cut off when it stays slow for too long", () => {
    wire.hold(slowPackets + 1);
    look(3);
    look(Math.floor(slowMs / lookMs) - 1);
    expect(wire.cut).toBe(false);
    look(2);
    expect(wire.cut).toBe(true);
  });

  it.each([
    ["packets", cutPackets + 1, 0],
    ["bytes", 1, cutBytes],
  ])("is cut off at once with far too many %s", (_what, packets, bytes) => {
    wire.hold(packets, bytes);
    look();
    expect(wire.cut).toBe(true);
  });

  it("is forgotten when it leaves", () => {
    clients.remove("a");
    wire.hold(cutPackets + 1);
    look(3);
    expect([said, wire.cut, clients.isSlow("a")]).toEqual([[], false, false]);
  });
});
