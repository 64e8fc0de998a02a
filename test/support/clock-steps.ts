import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Settings } from "./app.js";

/** The wall clock of processes of the product, which can be set while they run. */
export class ClockSteps {
  private readonly folder = mkdtempSync(join(tmpdir(), "tapeline-clock-"));
  private readonly file = join(this.folder, "step");
  private stepMs = 0;

  /** Environment of the processes. */
  get settings(): Settings {
    return {
      NODE_OPTIONS: `--import=${resolve("test/support/stepped-clock.js")}`,
      CLOCK_STEP_FILE: this.file,
    };
  }

  /** Ahead (above 0) or back, from where it is now. */
  step(byMs: number): void {
    this.stepMs += byMs;
    writeFileSync(this.file, String(this.stepMs));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
