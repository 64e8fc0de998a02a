declare global {
  /** Made by suite-environment.js; a benchmark or a soak run that is no suite has none. */
  var suiteEnd: (() => Promise<void> | void)[] | undefined;
}

/** For helpers that open something: closes it after the suite's own hooks, if they have not. */
export function atSuiteEnd(close: () => Promise<void> | void): void {
  globalThis.suiteEnd?.push(close);
}
