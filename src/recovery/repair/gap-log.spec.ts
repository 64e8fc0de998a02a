import type { DueGap, Settled, SweptGaps } from "../../persistence/stores/gaps/gap-ledger-store.js";
import { GapLog } from "./gap-log.js";

const M = "binance:BTCUSDT";
const NOON = Date.UTC(2026, 0, 5, 12);
let now: number;
let lines: string[];
let log: GapLog;
beforeEach(() => {
  now = 0;
  lines = [];
  log = new GapLog(
    {
      log: (line: string) => void lines.push(line),
      warn: (line: string) => void lines.push(`! ${line}`),
    },
    () => now,
  );
});

function swept(event: SweptGaps["event"], more: Partial<SweptGaps> = {}): void {
  const one = { market: M, gaps: 1, ids: "3", fromId: "100", toId: "102" };
  const times = {
    after: NOON,
    before: NOON + 4_000,
    trades: "3",
    seconds: 12.3,
  };
  log.swept({ news: [{ ...one, ...times, event, ...more }] });
}

function attempted(
  outcome: string,
  reason: string | null,
  { market = M, state = "repairing" }: Partial<Pick<DueGap & Settled, "market" | "state">> = {},
  before: DueGap["state"] = "repairing",
): void {
  const gap: DueGap = {
    id: "7",
    market,
    kind: "aggregated",
    state: before,
    attempts: 1,
    outcome: null,
    consecutive: 0,
    missing: null,
  };
  const settled = { state, reason, outcome, consecutive: 1, nextTryMs: 1_000 };
  log.settled(gap, "binance", settled);
}

describe("the log of gaps", () => {
  it("says what was found: how many trades, and when", () => {
    swept("found");
    swept("found", { gaps: 2, ids: "9", toId: "400", after: null });
    expect(lines).toEqual([
      `${M}: 1 gap found (ids 100 to 102), 3 trades missing between 2026-01-05T12:00:00.000Z and 2026-01-05T12:00:04.000Z`,
      `${M}: 2 gaps found (ids 100 to 400), 9 trades missing between an unknown time and 2026-01-05T12:00:04.000Z`,
    ]);
  });

  it("says how they ended: what came, or that there is nothing, and after how long", () => {
    swept("repaired");
    swept("void", { ids: "1", toId: "100", trades: "0" });
    swept("repaired", { gaps: 4, toId: "900", trades: "1" });
    expect(lines).toEqual([
      `${M}: 1 gap repaired (ids 100 to 102): 3 trades came, 12 s after being found`,
      `${M}: 1 gap void (id 100): the venue has no trade for 1 id; 12 s after being found`,
      `${M}: 4 gaps repaired (ids 100 to 900): 1 trade came, at most 12 s after being found`,
    ]);
  });

  it("says what blocks a venue once, whichever market fails, until it is over", () => {
    attempted("unreachable", "503");
    attempted("unreachable", "503");
    attempted("unreachable", "503", { market: "binance:ETHUSDT" });
    expect(lines).toEqual([`! Gap 7 of ${M} will be retried: 503`]);
    attempted("undelivered", "the log is away");
    attempted("told", null);
    attempted("unreachable", "504");
    expect(lines.slice(1)).toEqual([
      `! Gap 7 of ${M} will be retried: the log is away`,
      `! Gap 7 of ${M} will be retried: 504`,
    ]);
  });

  it("says again what blocks a venue or a market once something else has come between", () => {
    attempted("unreachable", "503");
    attempted("told", null, { market: "binance:ETHUSDT" });
    attempted("unreachable", "503");
    attempted("refused", "400");
    attempted("told", null);
    attempted("refused", "400");
    expect(lines.map((line) => line.split(": ")[1])).toEqual(["503", "503", "400", "400"]);
  });

  it("says what blocks each market, and that a gap is unrepairable when it becomes so", () => {
    attempted("failed", "odd", { market: "binance:LTCUSDT" });
    attempted("failed", "odd", { market: "binance:LTCUSDT" });
    attempted("refused", "400");
    attempted("refused", "400", { market: "binance:ETHUSDT" });
    attempted("refused", "the venue refuses: 400", { state: "unrepairable" });
    attempted("refused", "the venue refuses: 400", { state: "unrepairable" }, "unrepairable");
    expect(lines).toEqual([
      "! Gap 7 of binance:LTCUSDT will be retried: odd",
      `! Gap 7 of ${M} will be retried: 400`,
      "! Gap 7 of binance:ETHUSDT will be retried: 400",
      `! Gap 7 of ${M} is unrepairable: the venue refuses: 400`,
    ]);
  });

  it("has no more than a few lines a minute, and then how many further gaps there were", () => {
    for (let n = 0; n < 50; n++) swept("found", { gaps: 2 });
    for (let n = 0; n < 20; n++) swept("repaired");
    expect(lines).toHaveLength(5);
    now = 59_999;
    log.swept({ news: [] });
    expect(lines).toHaveLength(5);
    now = 60_000;
    log.swept({ news: [] });
    expect(lines.slice(5)).toEqual([
      "… and 110 more: 90 found, 20 repaired (gaps, in all markets)",
    ]);
    swept("void");
    expect(lines).toHaveLength(7);
    now = 120_000;
    log.swept({ news: [] });
    expect(lines).toHaveLength(7);
  });

  it("sums up what it left out when it ends", () => {
    for (let n = 0; n < 6; n++) swept("found");
    log.close();
    expect(lines.at(-1)).toBe("… and 1 more: 1 found (gaps, in all markets)");
  });

  it("goes by a clock of its own unless it is given one", () => {
    const write = (line: string): void => void lines.push(line);
    log = new GapLog({ log: write, warn: write });
    for (let n = 0; n < 6; n++) swept("found");
    expect(lines).toHaveLength(5);
  });

  it("counts a minute from the first line, not from the last", () => {
    swept("found");
    now = 30_000;
    for (let n = 0; n < 5; n++) swept("found");
    now = 60_000;
    swept("repaired");
    expect(lines.slice(5)).toEqual([
      "… and 1 more: 1 found (gaps, in all markets)",
      expect.stringContaining("1 gap repaired"),
    ]);
  });

  it("counts attempts that it leaves out as one gap each", () => {
    for (let n = 0; n < 5; n++) swept("found");
    attempted("refused", "400");
    attempted("refused", "400", { state: "unrepairable", market: "binance:ETHUSDT" });
    log.close();
    expect(lines.slice(5)).toEqual([
      "… and 2 more: 1 blocked, 1 unrepairable (gaps, in all markets)",
    ]);
    log.close();
    expect(lines).toHaveLength(6);
  });
});
