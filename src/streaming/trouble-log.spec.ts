import { TroubleLog } from "./trouble-log.js";

describe("a repeating failure", () => {
  let lines: string[];
  let log: TroubleLog;
  beforeEach(() => {
    lines = [];
    const note =
      (level: string) =>
      (text: string): number =>
        lines.push(`${level}: ${text}`);
    const logger = {
      log: note("log"),
      warn: note("warn"),
      error: note("error"),
    };
    log = new TroubleLog(logger, "warn");
  });

  // A broker that was down for five minutes used to cost some 600 lines.
  it("is logged every 10 s, with its repetitions, and once when it is over", () => {
    for (let at = 0; at <= 12_000; at += 500) log.failed("no broker", at);
    log.over("Consuming again", 12_500);
    log.over("Consuming again", 13_000);
    expect(lines).toEqual([
      "warn: no broker",
      "warn: no broker (and 19 times before this)",
      "log: Consuming again after 25 failures in 12.5 s",
    ]);
  });

  it("does not suppress another one", () => {
    log.failed("no broker", 0);
    log.failed("no leader", 1);
    log.failed("no broker", 2);
    expect(lines).toEqual(["warn: no broker", "warn: no leader"]);
  });

  it("that comes and goes is not logged each time", () => {
    for (let at = 0; at < 10_000; at += 100) {
      log.failed("deadlock", at);
      log.over("Handled", at + 50);
    }
    log.failed("deadlock", 10_000);
    expect(lines).toEqual([
      "warn: deadlock",
      "log: Handled after 1 failure in 0.1 s",
      "warn: deadlock (and 99 times before this)",
    ]);
  });

  it("with ever another text is limited to a few lines", () => {
    for (let at = 0; at < 1_000; at++) log.failed(`port ${at}`, at);
    expect(lines).toHaveLength(21);
  });
});
