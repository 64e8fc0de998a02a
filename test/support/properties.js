import fc from "fast-check";

/**
 * How long one property may look for a counterexample and then for a smaller one; a test has 120 s.
 */
const PROPERTY_MS = 60_000;

/**
 * Before each suite: what every property of ours is run with.
 *
 * fast-check's own default gives small values whatever `maxLength` a property names: of arrays of
 * up to 60 trades the median had six. A length that a property names is meant. Making a
 * counterexample smaller may take minutes when each try is a database's work: it ends with the
 * smallest so far, and its seed. Nor may a property that is too slow pass with the runs that it
 * had.
 */
fc.configureGlobal({
  defaultSizeToMaxWhenMaxSpecified: true,
  interruptAfterTimeLimit: PROPERTY_MS,
  markInterruptAsFailure: true,
});
