import JestRunner from "jest-runner";

/** Suites that measure time: what runs beside them would be measured, too. */
const ALONE = /\.alone\.spec\.ts$/;

/** Jest's own runner, which runs these suites after all others and one at a time. */
export default class AloneLast extends JestRunner {
  async runTests(tests, watcher, options) {
    const isAlone = ({ path }) => ALONE.test(path);
    const groups = [
      tests.filter((test) => !isAlone(test)),
      ...tests.filter(isAlone).map((test) => [test]),
    ];
    for (const group of groups)
      if (group.length > 0 && !watcher.isInterrupted())
        await super.runTests(group, watcher, options);
  }
}
