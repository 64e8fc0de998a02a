import fc from "fast-check";

/** Only whether there is a counterexample matters for a mutant: none is made smaller. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
