import { LIVE_LIMITS } from "../../live/live-limits.js";
import { SlowClients, type Wire } from "./slow-clients.js";

const { checkIntervalMs, slowPackets, slowBytes, cutPackets, cutBytes, slowMs } = LIVE_LIMITS;

/** The part of an engine.io connection that is checked; test/api uses real ones. */
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
  check();
});

function check(times = 1): void {
  for (let time = 0; time < times; time++) {
    now += checkIntervalMs;
    clients.check();
  }
}

describe("a client", () => {
  it("is slow when two consecutive checks find too many packets and nothing drained", () => {
    wire.hold(slowPackets + 1);
    check();
    expect(said).toEqual([]);
    check();
    expect(said).toEqual(["slow a"]);
    expect(clients.isSlow("a")).toBe(true);
  });

  it("is slow by bytes, too", () => {
    wire.hold(1, slowBytes);
    check(3);
    expect(said).toEqual(["slow a"]);
  });

  it("is not slow for a burst that it reads, nor for a few packets queued for long", () => {
    for (let burst = 0; burst < 10; burst++) {
      wire.hold(slowPackets * 2);
      check();
      wire.drain();
      check();
    }
    wire.hold(slowPackets);
    check(100);
    expect(said).toEqual([]);
  });

  it("is not checked twice within one interval", () => {
    wire.hold(slowPackets + 1);
    check();
    for (let time = 0; time < 10; time++) clients.check();
    expect(said).toEqual([]);
  });

  it("has drained when its queue is empty", () => {
    wire.hold(slowPackets + 1);
    check(3);
    wire.hold(1);
    check(3);
    expect(said).toEqual(["slow a"]);
    wire.drain();
    check();
    expect(said).toEqual(["slow a", "drained a"]);
    expect(clients.isSlow("a")).toBe(false);
  });

  it("is disconnected when it stays slow for too long", () => {
    wire.hold(slowPackets + 1);
    check(3);
    check(Math.floor(slowMs / checkIntervalMs) - 1);
    expect(wire.cut).toBe(false);
    check(2);
    expect(wire.cut).toBe(true);
  });

  it.each([
    ["packets", cutPackets + 1, 0],
    ["bytes", 1, cutBytes],
  ])("is disconnected at once with far too many %s", (_what, packets, bytes) => {
    wire.hold(packets, bytes);
    check();
    expect(wire.cut).toBe(true);
  });

  it("is forgotten when it leaves", () => {
    clients.remove("a");
    wire.hold(cutPackets + 1);
    check(3);
    expect([said, wire.cut, clients.isSlow("a")]).toEqual([[], false, false]);
  });
});
