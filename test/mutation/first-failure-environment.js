import SuiteEnvironment from "../support/suite-environment.js";

/**
 * Skips what comes after the first test that fails: the mutant is noticed, and tests that wait
 * would wait in vain.
 */
export default class FirstFailureEnvironment extends SuiteEnvironment {
  hasFailed = false;

  async handleTestEvent(event, state) {
    if (event.name === "test_fn_failure" || event.name === "hook_failure") this.hasFailed = true;
    if (event.name === "test_start" && this.hasFailed) event.test.mode = "skip";
    await super.handleTestEvent(event, state);
  }
}
