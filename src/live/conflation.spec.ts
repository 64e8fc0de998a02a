import fc from "fast-check";
import type { Candle } from "../domain/candle.js";
import { CandleConflation } from "./conflation.js";
import { LIVE_LIMITS } from "./live-limits.js";

const candle = (openTime: number, version: number, closed = false): Candle =>
  ({ openTime, version, closed }) as Candle;

describe("the candles queued for a frame", () => {
  it("hold only the newest state of an open candle", () => {
    const waiting = new CandleConflation();
    for (const version of [1, 2, 3]) waiting.add(candle(0, version));
    expect(waiting.size).toBe(1);
    expect(waiting.take()).toEqual([candle(0, 3)]);
    expect(waiting.take()).toEqual([]);
  });

  it("hold every closing and every revision, without the open state before", () => {
    const waiting = new CandleConflation();
    waiting.add(candle(0, 1));
    for (const version of [2, 3, 4]) waiting.add(candle(0, version, true));
    waiting.add(candle(60, 1));
    expect(waiting.take()).toEqual([
      candle(0, 2, true),
      candle(0, 3, true),
      candle(0, 4, true),
      candle(60, 1),
    ]);
  });

  it("never hold a version that is not newer, in this frame or a later one", () => {
    const waiting = new CandleConflation();
    expect(waiting.add(candle(0, 5, true))).toBe(true);
    expect(waiting.add(candle(0, 5))).toBe(false);
    waiting.take();
    expect(waiting.add(candle(0, 4, true))).toBe(false);
    expect(waiting.size).toBe(0);
  });

  it("keep a bounded number of versions, those of the newest changes the longest", () => {
    const waiting = new CandleConflation();
    waiting.add(candle(-1, 9, true));
    for (let time = 0; time < LIVE_LIMITS.roomVersions - 1; time++)
      waiting.add(candle(time, 1, true));
    waiting.add(candle(-1, 10, true));
    waiting.add(candle(LIVE_LIMITS.roomVersions, 1, true));
    waiting.take();
    expect(waiting.add(candle(-1, 9, true))).toBe(false);
    expect(waiting.add(candle(0, 1, true))).toBe(true);
  });

  it("give a reader the newest state of each candle, and every closed version that was newest on arrival", () => {
    const event = fc.record({
      openTime: fc.nat(5),
      version: fc.integer({ min: 1, max: 30 }),
      flush: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const waiting = new CandleConflation();
        const got: Candle[] = [];
        const newest = new Map<number, number>();
        const closings: Candle[] = [];
        for (const { openTime, version, flush } of events) {
          // From version 10 on a candle is closed.
          const sent = candle(openTime, version, version >= 10);
          if (version > (newest.get(openTime) ?? 0)) {
            newest.set(openTime, version);
            if (sent.closed) closings.push(sent);
          }
          waiting.add(sent);
          if (flush) got.push(...waiting.take());
        }
        got.push(...waiting.take());
        const last = new Map(got.map(({ openTime, version }) => [openTime, version]));
        expect(last).toEqual(newest);
        expect(got.filter(({ closed }) => closed)).toEqual(closings);
      }),
    );
  });
});
