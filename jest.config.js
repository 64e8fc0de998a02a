/** Jest 30 in ESM mode: CommonJS Jest cannot load Nest 12. */
const compiled = (parser, react = {}) => [
  "@swc/jest",
  {
    jsc: {
      target: "es2022",
      parser: { syntax: "typescript", decorators: true, ...parser },
      transform: { legacyDecorator: true, decoratorMetadata: true, ...react },
    },
    module: { type: "es6" },
  },
];

export default {
  testEnvironment: "node",
  runner: "<rootDir>/test/support/alone-last.js",
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": compiled({}),
    "^.+\\.tsx$": compiled(
      { tsx: true },
      { react: { runtime: "automatic", importSource: "preact" } },
    ),
  },
  testMatch: ["src", "test", "web"].map(
    (folder) => `<rootDir>/${folder}/**/*.spec.ts`,
  ),
  setupFiles: ["<rootDir>/test/support/properties.js"],
  testTimeout: 120_000,
  // Suites start brokers and databases: two at a time are as much as two cores carry.
  maxWorkers: 2,
};
