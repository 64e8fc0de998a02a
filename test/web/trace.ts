import type { CDPSession, Page } from "playwright-core";

/** One task of a page's main thread. */
export interface TaskTime {
  /** CPU time of the thread, independent of other load on the machine. */
  cpuMs: number;
  /** Wall time, including waits for other processes. */
  wallMs: number;
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** µs of wall time, and of the thread's CPU time. */
  dur?: number;
  tdur?: number;
}

/** Stands in the trace with the thread that makes it. */
const MARK = "the page that is measured";

/** A recording of the browser's own trace. */
export class Trace {
  private readonly events: TraceEvent[] = [];

  private constructor(private readonly session: CDPSession) {
    session.on("Tracing.dataCollected", ({ value }) =>
      this.events.push(...(value as unknown as TraceEvent[])),
    );
  }

  static async start(session: CDPSession): Promise<Trace> {
    const trace = new Trace(session);
    await session.send("Tracing.start", {
      transferMode: "ReportEvents",
      traceConfig: { includedCategories: ["toplevel", "blink.user_timing"] },
    });
    return trace;
  }

  /**
   * Tasks of the page's main thread; the browser has others, such as that of the page it keeps
   * ready.
   */
  async end(page: Page): Promise<TaskTime[]> {
    await page.evaluate((name) => void performance.mark(name), MARK);
    const complete = new Promise<void>((done) =>
      this.session.once("Tracing.tracingComplete", () => done()),
    );
    await this.session.send("Tracing.end");
    await complete;
    const mark = this.events.find(({ name }) => name === MARK);
    if (mark === undefined) throw new Error("the trace has no page");
    const tasks = this.events.filter(
      (event) =>
        event.tdur !== undefined &&
        event.name.endsWith("RunTask") &&
        event.pid === mark.pid &&
        event.tid === mark.tid,
    );
    return tasks.map(({ dur = 0, tdur = 0 }) => ({
      cpuMs: tdur / 1_000,
      wallMs: dur / 1_000,
    }));
  }
}
