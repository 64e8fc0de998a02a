import fc from "fast-check";

/** Whether there is a counterexample is all that a mutant is asked: none is made smaller. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
