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

const common = {
  setupFiles: ["<rootDir>/test/support/properties.js"],
  runner: "<rootDir>/test/support/grouped-runner.js",
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": compiled({}),
    "^.+\\.tsx$": compiled(
      { tsx: true },
      { react: { runtime: "automatic", importSource: "preact" } },
    ),
  },
};

/** Suites that open a database, at least: see docs/testing.md. */
const withServer = {
  ...common,
  testEnvironment: "<rootDir>/test/support/suite-environment.js",
  globalSetup: "<rootDir>/test/support/global-setup.js",
  globalTeardown: "<rootDir>/test/support/global-teardown.js",
};

const suites = (...folders) => folders.map((folder) => `<rootDir>/${folder}/**/*.spec.ts`);

export default {
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: [
        ...suites("src", "web", "test/venues"),
        "<rootDir>/test/{architecture,documents,errors,imports}.spec.ts",
        "<rootDir>/test/mutation/statements.spec.ts",
        // These only read recordings; the others of that folder open sockets and wait.
        "<rootDir>/test/ingestion/venue-*.spec.ts",
      ],
    },
    {
      ...withServer,
      displayName: "database",
      testMatch: suites("test/api", "test/persistence", "test/recovery"),
    },
    {
      ...withServer,
      displayName: "system",
      testMatch: [
        ...suites("test/e2e", "test/web", "test/streaming", "test/ingestion"),
        "<rootDir>/test/image.spec.ts",
      ],
      testPathIgnorePatterns: ["/test/ingestion/venue-"],
    },
  ],
  testTimeout: 120_000,
  // For two processors: most suites of brokers, browsers and processes wait. See grouped-runner.js.
  maxWorkers: 4,
};
