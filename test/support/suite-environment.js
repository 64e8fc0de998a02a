import { TestEnvironment } from "jest-environment-node";

/**
 * Whatever a suite opens through test/support is closed after its last hook, newest first, also
 * when a hook of the suite failed half-way: see suite-end.ts.
 */
export default class SuiteEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.suiteEnd = [];
  }

  async handleTestEvent({ name }) {
    if (name !== "run_finish") return;
    const failures = [];
    for (const close of this.global.suiteEnd.splice(0).reverse())
      try {
        await close();
      } catch (failure) {
        failures.push(failure);
      }
    if (failures.length > 0)
      throw new AggregateError(failures, `not closed: ${failures.join("; ")}`);
  }
}
