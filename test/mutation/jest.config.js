import { URL, fileURLToPath } from "node:url";
import config from "../../jest.config.js";

/**
 * One project, since StrykerJS drives one, of the suites that the runner names in the environment.
 * With a database, they share the server that the runner has started, in the order named, and a
 * suite ends with its first failure.
 */
const [quick] = config.projects;
const suites = JSON.parse(process.env.MUTATION_SUITES ?? "[]");
const withServer = {
  testEnvironment: "<rootDir>/test/mutation/first-failure-environment.js",
  testSequencer: "<rootDir>/test/mutation/named-order.js",
};

export default {
  rootDir: fileURLToPath(new URL("../..", import.meta.url)),
  // What Jest looks through before each mutant.
  roots: ["<rootDir>/src", "<rootDir>/test"],
  testEnvironment: "node",
  testTimeout: config.testTimeout,
  extensionsToTreatAsEsm: quick.extensionsToTreatAsEsm,
  moduleNameMapper: quick.moduleNameMapper,
  transform: quick.transform,
  setupFiles: [...quick.setupFiles, "<rootDir>/test/mutation/first-counterexample.js"],
  testMatch: suites.map((path) => `<rootDir>/${path}`),
  ...(process.env.MUTATION_SERVER === "yes" ? withServer : {}),
};
