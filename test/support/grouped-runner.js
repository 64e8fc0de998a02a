import JestRunner from "jest-runner";

/** Suites that measure time must run alone. */
const ALONE = /\.alone\.spec\.ts$/;

/**
 * Begun first on a machine where Jest does not know yet how long suites take: the run must not end
 * with waiting for one.
 */
const LONG = [
  /e2e\/(crashes|soak|golden|backfill|roles|bootstrap)/,
  /streaming\/kafka/,
  /web\/(recording|live|first-start|pictures)/,
  /recovery\/(backfill|recorded-gaps|golden-venues)/,
  /(csv-stream|any-order|replay-files)\.spec/,
];

/**
 * Of the workers, those for suites that mostly wait for processes, beside those for suites that
 * compute.
 */
const WAITING_SHARE = 2 / 3;

/** Suites that a worker that computes is given at a time: another can take the next ones. */
const PART = 6;

const isAlone = ({ path }) => ALONE.test(path);
const isUnknownAndLong = ({ duration, path }) =>
  duration === undefined && LONG.some((pattern) => pattern.test(path));
const waits = ({ context }) => context.config.displayName?.name === "system";

/**
 * Jest's own runner, with two groups of workers at a time: suites of brokers, browsers and
 * processes leave the processors to the others most of the time. Suites that measure time come
 * after all others, one at a time.
 */
export default class GroupedRunner extends JestRunner {
  async runTests(tests, watcher, options) {
    const together = tests
      .filter((test) => !isAlone(test))
      .sort((a, b) => isUnknownAndLong(b) - isUnknownAndLong(a));
    const waiting = together.filter(waits);
    const computing = together.filter((test) => !waits(test));
    const run = async (group, workers) => {
      if (group.length === 0 || watcher.isInterrupted()) return;
      // Read before the first wait: the groups do not disturb each other.
      this._globalConfig = { ...this._globalConfig, maxWorkers: workers };
      await super.runTests(group, watcher, options);
    };
    const { maxWorkers } = this._globalConfig;
    const share = Math.round(maxWorkers * WAITING_SHARE);
    const compute = async () => {
      while (computing.length > 0) await run(computing.splice(0, PART), 1);
    };
    if (options.serial || maxWorkers === 1) {
      for (const group of [computing, waiting]) await run(group, maxWorkers);
    } else if (waiting.length === 0 || computing.length === 0) {
      // Two processors carry four that wait, and two that compute.
      await run(waiting, maxWorkers);
      await run(computing, Math.ceil(maxWorkers / 2));
    } else {
      // When none waits any more, two compute.
      const waited = run(waiting, Math.min(share, maxWorkers - 1));
      await Promise.all([compute(), waited.then(compute)]);
    }
    for (const test of tests.filter(isAlone)) await run([test], 1);
  }
}
