// Preloaded into a process (NODE_OPTIONS=--import): its wall clock is the machine's plus the
// milliseconds in the file CLOCK_STEP_FILE, as if someone had set the clock. Monotonic clocks stay.
import { readFileSync } from "node:fs";
import { setInterval } from "node:timers";

const file = process.env.CLOCK_STEP_FILE;
const EVERY_MS = 200;
const Real = globalThis.Date;
let stepMs = 0;

const read = () => {
  try {
    stepMs = Number(readFileSync(file, "utf8")) || 0;
  } catch {
    stepMs = 0;
  }
};

globalThis.Date = class extends Real {
  constructor(...values) {
    if (values.length === 0) super(Real.now() + stepMs);
    else super(...values);
  }

  static now() {
    return Real.now() + stepMs;
  }
};

read();
setInterval(read, EVERY_MS).unref();
