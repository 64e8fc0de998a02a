import { MINUTE_MS, SECOND_MS } from "../../domain/units.js";
import { SymbolWatch } from "./symbol-watch.js";

function watched(gapMs: number, trades = 200): { watch: SymbolWatch; now: number } {
  const watch = new SymbolWatch(0);
  watch.connected(0);
  let now = 0;
  for (let id = 1; id <= trades; id++) watch.traded((now += gapMs), BigInt(id));
  return { watch, now };
}

describe("the silence of a symbol", () => {
  it.each([
    ["a busy symbol", 100, MINUTE_MS],
    ["one that trades every 10 s", 10 * SECOND_MS, 200 * SECOND_MS],
  ])("of %s counts after the longer of a minute and 20 usual gaps", (_, gap, after) => {
    const { watch, now } = watched(gap);
    expect(watch.isDue(now + after - SECOND_MS)).toBe(false);
    expect(watch.isDue(now + after + SECOND_MS)).toBe(true);
  });

  it.each([
    ["whose trades are 100 ms apart", [100], 5_000],
    ["that is silent for 2.5 s now and then", [100, 100, 2_500], 7_500],
    ["that is silent for a minute now and then", [100, 100, 30_000], 3 * 30_000],
  ])("that is unusual for a symbol %s counts early", (_, gaps, after) => {
    const watch = new SymbolWatch(0);
    watch.connected(0);
    let now = 0;
    for (let id = 1; id <= 400; id++)
      watch.traded((now += gaps[id % gaps.length] ?? 0), BigInt(id));
    const long = Math.min(after, MINUTE_MS);
    expect(watch.isDue(now + long - 100)).toBe(false);
    expect(watch.isDue(now + Math.max(after, MINUTE_MS * 4))).toBe(true);
    if (after < MINUTE_MS) expect(watch.isDue(now + after + 100)).toBe(true);
  });

  it("of a dead subscription does not become usual", () => {
    const { watch, now } = watched(100, 400);
    watch.conclude("missed", now + 6_000);
    let at = now + 50_000;
    for (let id = 401; id <= 410; id++) watch.traded((at += 100), BigInt(id));
    expect(watch.isDue(at + 5_100)).toBe(true);
  });

  it("is forgotten after ten minutes", () => {
    const { watch, now } = watched(100, 400);
    watch.traded(now + 3_000, 401n);
    let at = now + 3_000;
    expect(watch.isDue(at + 8_900)).toBe(false);
    for (let id = 402; at < now + 11 * MINUTE_MS; id++) watch.traded((at += 1_000), BigInt(id));
    expect(watch.isDue(at + 5_100)).toBe(true);
  });

  it("does not count while there is no connection", () => {
    const { watch, now } = watched(100);
    watch.disconnected();
    expect([watch.condition, watch.isDue(now + 90 * MINUTE_MS)]).toEqual(["down", false]);
  });

  it("is quiet when the venue has nothing newer, and is checked ever less often, up to ten minutes", () => {
    const { watch, now } = watched(100);
    let at = now;
    const waits: number[] = [];
    for (let check = 0; check < 6; check++) {
      let next = at;
      while (!watch.isDue(next)) next += SECOND_MS;
      waits.push(Math.round((next - at) / MINUTE_MS));
      at = next;
      const verdict = watch.judge({ lastOrd: 200n, time: 0 }, at - now, at);
      expect([verdict, watch.conclude(verdict, at)]).toEqual(["nothing", "none"]);
      expect(watch.condition).toBe("quiet");
    }
    expect(waits).toEqual([1, 1, 2, 4, 8, 10]);
  });

  it("is stale when the venue has a trade that never came: resubscribed, then reconnected", () => {
    const { watch, now } = watched(100);
    const first = now + 61 * SECOND_MS;
    expect(watch.judge({ lastOrd: 201n, time: 0 }, 20 * SECOND_MS, first)).toBe("missed");
    expect(watch.conclude("missed", first)).toBe("resubscribe");
    expect(watch.condition).toBe("stale");
    const second = first + 31 * SECOND_MS;
    expect(watch.isDue(second)).toBe(true);
    expect(watch.judge({ lastOrd: 202n, time: 0 }, 10 * SECOND_MS, second)).toBe("missed");
    expect(watch.conclude("missed", second)).toBe("reconnect");
  });

  it("is live again with the first trade", () => {
    const { watch, now } = watched(100);
    watch.conclude("missed", now + 61 * SECOND_MS);
    watch.traded(now + 62 * SECOND_MS, 201n);
    expect([watch.condition, watch.isDue(now + 100 * SECOND_MS)]).toEqual(["live", false]);
  });

  it("waits for a trade that may be on its way, and is stale when it does not come", () => {
    const { watch, now } = watched(100);
    const first = now + 61 * SECOND_MS;
    expect(watch.judge({ lastOrd: 201n, time: 0 }, 2 * SECOND_MS, first)).toBe("unsure");
    expect(watch.conclude("unsure", first)).toBe("none");
    expect(watch.condition).toBe("live");
    const second = first + 5 * SECOND_MS;
    expect(watch.isDue(second)).toBe(true);
    // A busy market: its newest trade is always young.
    expect(watch.judge({ lastOrd: 900n, time: 0 }, 100, second)).toBe("missed");
  });

  it("is not stale when that trade has come", () => {
    const { watch, now } = watched(100);
    const first = now + 61 * SECOND_MS;
    watch.conclude("unsure", first);
    watch.traded(first + SECOND_MS, 201n);
    const later = first + 70 * SECOND_MS;
    expect(watch.judge({ lastOrd: 201n, time: 0 }, 69 * SECOND_MS, later)).toBe("nothing");
  });

  // A trade between two connections made a quiet market stale, and reconnected it, until its next
  // trade.
  it("is not stale for a trade from before the connection", () => {
    const { watch, now } = watched(100);
    watch.disconnected();
    watch.connected(now + 5 * MINUTE_MS);
    const at = now + 6 * MINUTE_MS + SECOND_MS;
    expect(watch.judge({ lastOrd: 250n, time: 0 }, 3 * MINUTE_MS, at)).toBe("nothing");
    expect(watch.judge({ lastOrd: 250n, time: 0 }, 30 * SECOND_MS, at)).toBe("missed");
  });

  it("is not stale for a trade from before the subscription was renewed", () => {
    const { watch, now } = watched(100);
    const first = now + 61 * SECOND_MS;
    watch.conclude("missed", first);
    const second = first + 31 * SECOND_MS;
    expect(watch.judge({ lastOrd: 201n, time: 0 }, 51 * SECOND_MS, second)).toBe("nothing");
  });

  it("misses no trade from before the subscription when none has come yet", () => {
    const watch = new SymbolWatch(0);
    watch.connected(0);
    expect(watch.judge({ lastOrd: 9n, time: 0 }, 3_600 * SECOND_MS, 61 * SECOND_MS)).toBe(
      "nothing",
    );
    expect(watch.judge({ lastOrd: 9n, time: 0 }, 30 * SECOND_MS, 61 * SECOND_MS)).toBe("missed");
  });
});

describe("a silent symbol whose venue's REST does not answer", () => {
  it("is stale, and quiet once the venue has acknowledged a new subscription", () => {
    const { watch, now } = watched(100);
    const first = now + 61 * SECOND_MS;
    expect(watch.judge(undefined, 0, first)).toBe("unknown");
    expect(watch.conclude("unknown", first)).toBe("resubscribe");
    expect(watch.condition).toBe("stale");
    watch.acknowledged();
    expect(watch.conclude("unknown", first + 31 * SECOND_MS)).toBe("resubscribe");
    expect(watch.condition).toBe("quiet");
  });

  it("stays stale without an acknowledgement, and gets a new connection at the third check", () => {
    const { watch, now } = watched(100);
    const actions = [61, 92, 123, 154].map((after) => {
      const action = watch.conclude("unknown", now + after * SECOND_MS);
      return [watch.condition, action];
    });
    expect(actions).toEqual([
      ["stale", "resubscribe"],
      ["stale", "resubscribe"],
      ["stale", "reconnect"],
      ["stale", "resubscribe"],
    ]);
  });
});
