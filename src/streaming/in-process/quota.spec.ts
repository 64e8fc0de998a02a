import { TransportError } from "../transport.js";
import { Quota } from "./quota.js";

describe("a quota of 100 records", () => {
  const quota = (): Quota => new Quota(100, "the reader is away");
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("is entered in the order of calls: a small call does not overtake a large one", async () => {
    const full = quota();
    await full.enter(90, 1_000);
    const order: string[] = [];
    const large = full.enter(50, 1_000).then(() => order.push("large"));
    const small = full.enter(5, 1_000).then(() => order.push("small"));
    await settle();
    expect([order, full.waiting]).toEqual([[], 55]);
    full.leave(90);
    await Promise.all([large, small]);
    expect(order).toEqual(["large", "small"]);
  });

  it("accepts a call larger than itself when no other is inside", async () => {
    const empty = quota();
    await empty.enter(500, 1_000);
    expect(empty.waiting).toBe(0);
    await expect(empty.enter(1, 20)).rejects.toMatchObject({ code: "full" });
  });

  it("refuses after its limit, says why, and admits the calls behind", async () => {
    const full = quota();
    await full.enter(90, 1_000);
    const tooLarge = full.enter(50, 20);
    const fits = full.enter(10, 1_000);
    await expect(tooLarge).rejects.toThrow(
      "No room for 50 records within 20 ms: the reader is away",
    );
    await expect(tooLarge).rejects.toMatchObject({
      code: "full",
      canRetry: true,
    });
    await fits;
  });

  it("rejects with the reason of the signal", async () => {
    const full = quota();
    await full.enter(100, 1_000);
    const abort = new AbortController();
    const waiting = full.enter(1, 1_000, abort.signal);
    abort.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    expect(full.waiting).toBe(0);
  });

  it("refuses all calls once it is closed", async () => {
    const full = quota();
    await full.enter(100, 1_000);
    const waiting = full.enter(1, 1_000);
    const closed = new TransportError("closed", "closed");
    full.close(closed);
    await expect(waiting).rejects.toBe(closed);
    await expect(full.enter(1, 1_000)).rejects.toBe(closed);
  });
});
