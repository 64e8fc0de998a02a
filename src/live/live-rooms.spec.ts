import { jest } from "@jest/globals";
import type { Candle } from "../domain/candle.js";
import type { Trade } from "../domain/trade.js";
import { LIVE_LIMITS } from "./live-limits.js";
import { type RoomFrame, type LiveAudience, LiveRooms, type AddressedFrame } from "./live-rooms.js";
import type { Ticker } from "./ticker.js";

const FLUSH = 100;
const ROOM = { channel: "candles", market: "sim:A", interval: "1m" } as const;
const candle = (openTime: number, version: number, closed = false, market = "sim:A"): Candle =>
  ({ market, interval: "1m", openTime, version, closed }) as Candle;

let rooms: LiveRooms;
let begin: number;
let flushes: (readonly AddressedFrame[])[];
let audience: LiveAudience;

beforeEach(() => {
  jest.useFakeTimers();
  begin = Date.now();
  flushes = [];
  rooms = new LiveRooms(
    FLUSH,
    (market) => ({ market, last: "1" }) as Ticker,
    () => Date.now(),
  );
  audience = {
    send: (frames) => flushes.push(frames),
    resync: () => undefined,
  };
});
afterEach(() => {
  rooms.stop();
  jest.useRealTimers();
});

function audienceOf(taken: (readonly AddressedFrame[])[]): LiveAudience {
  return { send: (frames) => taken.push(frames), resync: () => undefined };
}

const frames = (): RoomFrame[] => flushes.flat().map(({ frame }) => frame);

describe("frames of a room", () => {
  it("start at once when the room was quiet, then come once per flush, the first of them after half a flush", () => {
    rooms.open(ROOM, audience);
    const at: number[] = [];
    audience.send = (sent) => {
      flushes.push(sent);
      at.push(Date.now() - begin);
    };
    for (let version = 1; version <= 40; version++) {
      rooms.candles([candle(0, version)]);
      jest.advanceTimersByTime(10);
    }
    expect(at).toEqual([0, 50, 150, 250, 350]);
    jest.advanceTimersByTime(10 * FLUSH);
    expect(at.at(-1)).toBe(450);
    expect(frames().map(({ data }) => [data.seq, data.epoch])).toEqual(
      at.map((_, index) => [index + 1, rooms.epoch]),
    );
    expect(frames()[5]?.data).toMatchObject({
      market: "sim:A",
      interval: "1m",
      candles: [{ version: 40 }],
    });
  });

  it("are not delayed by one late delivery before them", () => {
    rooms.open(ROOM, audience);
    // One delivery every 100 ms, each up to 50 ms late.
    const ready = [0, 150, 200, 310, 450, 500, 600, 740, 800, 900];
    const waited = ready.map((at, version) => {
      jest.advanceTimersByTime(at - (Date.now() - begin));
      rooms.candles([candle(0, version)]);
      return frames().length === version + 1 ? 0 : "waits";
    });
    expect(waited).toEqual(ready.map(() => 0));
  });

  it("are not delayed for good after a burst, with one delivery per flush", () => {
    rooms.open(ROOM, audience);
    let version = 0;
    const news = (): void => rooms.candles([candle(0, ++version)]);
    for (let at = 0; at < 330; at += 10) {
      news();
      jest.advanceTimersByTime(10);
    }
    const held: boolean[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const before = frames().length;
      news();
      held.push(frames().length === before);
      jest.advanceTimersByTime(FLUSH);
    }
    expect(held[0]).toBe(true);
    expect(held.slice(10)).toEqual(Array(10).fill(false));
    // And a steady stream is still sent once per flush.
    const before = frames().length;
    for (let at = 0; at < 10_000; at += 10) {
      news();
      jest.advanceTimersByTime(10);
    }
    expect(frames().length - before).toBeLessThanOrEqual(101);
  });

  it("are sent together when they are due at nearly the same time", () => {
    const OTHER = { ...ROOM, market: "sim:B" } as const;
    rooms.open(ROOM, audience);
    rooms.open(OTHER, audience);
    rooms.candles([candle(0, 1)]);
    jest.advanceTimersByTime(8);
    rooms.candles([candle(0, 1, false, OTHER.market)]);
    jest.advanceTimersByTime(92);
    flushes = [];
    for (let version = 2; version < 5; version++) {
      rooms.candles([candle(0, version), candle(0, version, false, OTHER.market)]);
      jest.advanceTimersByTime(FLUSH);
    }
    expect(flushes.map(({ length }) => length)).toEqual([2, 2, 2]);
  });

  it("do not wait until another room is due", () => {
    const OTHER = { ...ROOM, market: "sim:B" } as const;
    rooms.open(ROOM, audience);
    rooms.open(OTHER, audience);
    rooms.candles([candle(0, 1, false, OTHER.market)]);
    jest.advanceTimersByTime(30);
    rooms.candles([candle(0, 1)]);
    rooms.candles([candle(0, 2)]);
    // The other room is due first, though its event comes later.
    rooms.candles([candle(0, 2, false, OTHER.market)]);
    jest.advanceTimersByTime(20);
    expect(frames().map(({ data }) => "market" in data && data.market)).toEqual([
      OTHER.market,
      ROOM.market,
      OTHER.market,
    ]);
  });

  it("are one per delivery, however many candles it has", () => {
    rooms.open(ROOM, audience);
    rooms.open({ ...ROOM, market: "sim:B" }, audience);
    rooms.candles([
      candle(0, 1, true),
      candle(60, 1, true),
      candle(0, 1, true, "sim:B"),
      candle(0, 2, true),
    ]);
    expect(flushes).toHaveLength(1);
    expect(frames().map(({ data }) => ("candles" in data ? data.candles.length : 0))).toEqual([
      3, 1,
    ]);
  });

  it("are sent early rather than grow past the limit", () => {
    rooms.open(ROOM, audience);
    rooms.candles([candle(-1, 1)]);
    rooms.candles(
      Array.from({ length: LIVE_LIMITS.frameRows + 10 }, (_, index) => candle(index, 1, true)),
    );
    expect(frames().map(({ data }) => ("candles" in data ? data.candles.length : 0))).toEqual([
      1,
      LIVE_LIMITS.frameRows,
    ]);
    jest.advanceTimersByTime(FLUSH);
    expect(frames()).toHaveLength(3);
    for (let round = 1; round <= 10; round++)
      rooms.candles(
        Array.from({ length: LIVE_LIMITS.frameRows + 1 }, (_, index) =>
          candle(round * 10_000 + index, 1, true),
        ),
      );
    jest.advanceTimersByTime(FLUSH);
    const rows = frames().flatMap(({ data }) => ("candles" in data ? data.candles : []));
    expect(rows).toHaveLength(11 + LIVE_LIMITS.frameRows + 10 * 1_001);
  });

  it("are not made for a room without clients, and never repeat a number", () => {
    rooms.candles([candle(0, 1)]);
    rooms.open(ROOM, audience);
    for (const version of [2, 3]) {
      rooms.candles([candle(0, version)]);
      jest.advanceTimersByTime(FLUSH);
    }
    rooms.close("candles|sim:A|1m", audience);
    rooms.candles([candle(0, 4)]);
    expect(rooms.seqOf(ROOM)).toBe(2);
    rooms.open(ROOM, audience);
    rooms.candles([candle(0, 5)]);
    expect(frames().map(({ data }) => data.seq)).toEqual([1, 2, 3]);
  });

  it("hold every trade in order, and each changed market's ticker once", () => {
    rooms.open({ channel: "trades", market: "sim:A" }, audience);
    rooms.open({ channel: "tickers" }, audience);
    const trades = ["1", "2", "3"].map((id) => ({ market: "sim:A", id }) as Trade);
    for (const each of trades) rooms.trades([each]);
    for (const market of ["sim:A", "sim:B", "sim:B", "sim:C"]) rooms.tickers([market]);
    jest.advanceTimersByTime(FLUSH);
    const data = frames().map((frame) => frame.data);
    expect(
      data.flatMap((each) => ("trades" in each ? [each.trades.map(({ id }) => id)] : [])),
    ).toEqual([["1"], ["2", "3"]]);
    expect(
      data.flatMap((each) => ("tickers" in each ? [each.tickers.map(({ market }) => market)] : [])),
    ).toEqual([["sim:A"], ["sim:B", "sim:C"]]);
  });

  it("stop when the process does", () => {
    rooms.open(ROOM, audience);
    rooms.candles([candle(0, 1)]);
    rooms.candles([candle(0, 2)]);
    rooms.stop();
    jest.advanceTimersByTime(10 * FLUSH);
    expect(frames()).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("audiences", () => {
  it("get the frames of the rooms that they opened, with the same numbers", () => {
    const others: (readonly AddressedFrame[])[] = [];
    const other = audienceOf(others);
    rooms.open(ROOM, audience);
    rooms.open(ROOM, other);
    rooms.open({ ...ROOM, market: "sim:B" }, other);
    rooms.candles([candle(0, 1), candle(0, 1, false, "sim:B")]);
    const sent = (flushed: (readonly AddressedFrame[])[]): unknown[] =>
      flushed.flat().map(({ room, frame }) => [room, frame.data.seq]);
    expect(sent(flushes)).toEqual([["candles|sim:A|1m", 1]]);
    expect(sent(others)).toEqual([
      ["candles|sim:A|1m", 1],
      ["candles|sim:B|1m", 1],
    ]);
  });

  it("keep a room open until the last of them has closed it", () => {
    const others: (readonly AddressedFrame[])[] = [];
    const other = audienceOf(others);
    rooms.open(ROOM, audience);
    rooms.open(ROOM, other);
    rooms.close("candles|sim:A|1m", audience);
    rooms.candles([candle(0, 1)]);
    rooms.close("candles|sim:A|1m", other);
    jest.advanceTimersByTime(10 * FLUSH);
    rooms.candles([candle(0, 2)]);
    jest.advanceTimersByTime(10 * FLUSH);
    expect([flushes.flat().length, others.flat().length]).toEqual([0, 1]);
  });

  it("must all subscribe again when events may have been missed", () => {
    let resyncs = 0;
    for (let count = 0; count < 2; count++)
      rooms.open(ROOM, { send: () => undefined, resync: () => resyncs++ });
    rooms.resync();
    expect(resyncs).toBe(2);
  });
});
