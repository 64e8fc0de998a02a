import { recordedTape } from "../support/recorded-tape.js";
import { trade } from "../support/tape.js";

const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:C";
const recorded = recordedTape();
const { record } = recorded;

describe("a trade that is ahead of all others", () => {
  const isClosed = async (): Promise<boolean | undefined> =>
    (await recorded.minute(M, NOON))?.closed;
  const ahead = trade(M, 2, NOON + 5 * MINUTE, { receivedAt: NOON + 200 });

  it("closes nothing, nor do the others of its message", async () => {
    await record(trade(M, 1, NOON + 100));
    await record(ahead);
    expect(await isClosed()).toBe(false);
    await record(trade(M, 3, NOON + 6 * MINUTE, { receivedAt: NOON + 200 }));
    expect(await isClosed()).toBe(false);
    // Copies of them are no second message.
    await record({ ...ahead, receivedAt: NOON + 300 });
    expect(await isClosed()).toBe(false);
    expect(await recorded.tape.markets.find(M)).toMatchObject({ clock: NOON + 100 });
  });

  it.each([
    ["another message reaches the end", trade(M, 3, NOON + MINUTE)],
    ["a clock record does", { market: M, clock: NOON + MINUTE }],
  ])("lets the candle close when %s", async (_, record3) => {
    await record(trade(M, 1, NOON + 100), ahead);
    expect(await isClosed()).toBe(false);
    await record(record3);
    expect(await isClosed()).toBe(true);
  });

  it("is confirmed by this machine's clock where it was posted, as far as that has come", async () => {
    const posted = { source: "posted" } as const;
    const receivedAt = NOON + 2 * MINUTE;
    const two = [
      trade(M, 1, NOON, posted),
      trade(M, 2, NOON + 3 * MINUTE, { ...posted, receivedAt }),
    ];
    await record(...two);
    expect(await recorded.tape.markets.find(M)).toMatchObject({ clock: receivedAt });
    expect(await isClosed()).toBe(true);
  });
});
