/**
 * Hands what StrykerJS finds to the run as it finds it: its own reporters name survivors, and
 * mutants that no test reaches, only at the end of hours.
 */
const reporter = {
  onMutationTestingPlanReady: ({ mutantPlans }) => process.emit("mutants", mutantPlans.length),
  onMutantTested: (result) => process.emit("mutant", result),
};

export const strykerPlugins = [{ kind: "Reporter", name: "early", value: reporter }];
