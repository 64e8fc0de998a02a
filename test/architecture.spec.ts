import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import {
  type Sources,
  barrels,
  catchAllFolders,
  dependencyFaults,
  environmentReaders,
  longFiles,
  wideComments,
  unusedSql,
} from "./support/architecture.js";
import { forbiddenPageImports } from "./support/web-architecture.js";

const TEXT = /\.(tsx?|mjs|js|sql|html|css)$/;

function read(...folders: string[]): Sources {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && TEXT.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Object.fromEntries(
    files.map((file) => [file.split(sep).join("/"), readFileSync(file, "utf8")]),
  );
}

const product = read("src");
const page = read("web");
const everything = { ...read("src", "test", "bench"), ...page };

describe("the layout of web", () => {
  it("is read at all", () => {
    expect(Object.keys(page).length).toBeGreaterThan(30);
  });

  it("has no import by which the page would be more than a client", () => {
    expect(forbiddenPageImports(page)).toEqual([]);
  });

  it.each([
    [
      `import { tickerFrom } from "../../src/api/ticker.js";`,
      "of src, web runs domain only; the rest as types",
    ],
    [`import { join } from "node:path";`, "a browser has no Node"],
    [
      `import { trade } from "../../test/support/tape.js";`,
      "the page imports nothing outside web and src",
    ],
  ])("would refuse %s", (text, reason) => {
    const [found = ""] = forbiddenPageImports({ "web/live/api.tsx": text });
    expect(found.endsWith(`: ${reason}`)).toBe(true);
  });

  it.each([
    `import type { Ticker } from "../../src/api/ticker.js";`,
    `import { openTimeOf } from "../../src/domain/interval.js";`,
    `import { signal } from "@preact/signals";`,
    `import "./chart.css";`,
  ])("lets it %s", (text) => {
    expect(forbiddenPageImports({ "web/live/api.ts": text })).toEqual([]);
  });
});

describe("the files", () => {
  it("are no barrels", () => {
    expect(barrels(everything)).toEqual([]);
  });

  it("would be found if they were barrels, whatever their name", () => {
    const sources = {
      "src/domain/index.ts": "export const one = 1;",
      "src/domain/all.ts": `export * from "./trade.js";\nexport { x } from "./candle.js";`,
      "src/domain/trade.ts": `export * from "./candle.js";\nexport const one = 1;`,
    };
    expect(barrels(sources)).toEqual(["src/domain/index.ts", "src/domain/all.ts"]);
  });

  it("lie in no catch-all folder", () => {
    expect(catchAllFolders(everything)).toEqual([]);
  });

  it.each(["common", "utils", "util", "shared", "helpers", "helper"])(
    "would be found in a folder called %s",
    (name) => {
      const file = `src/api/${name}/text.ts`;
      expect(catchAllFolders({ [file]: "", "src/api/shared-state.ts": "" })).toEqual([file]);
    },
  );

  it("have at most 300 lines", () => {
    expect(longFiles(everything)).toEqual([]);
  });

  it("would be found with 301 lines, and not with 300", () => {
    const text = (lines: number): string => "x\n".repeat(lines);
    expect(longFiles({ "src/a.ts": text(300), "test/b.ts": text(301) })).toEqual([
      "test/b.ts has 301 lines",
    ]);
  });
});

describe("comments", () => {
  it("are not wider than code", () => {
    expect(wideComments(everything)).toEqual([]);
  });

  it("would be found with 101 columns, and not with 100", () => {
    const wide = (columns: number): string => `  // ${"x".repeat(columns - 5)}\n`;
    expect(wideComments({ "src/a.ts": wide(100) + wide(101) })).toEqual(["src/a.ts:2"]);
  });
});

describe("the environment", () => {
  it("is read in src/config/config.ts only", () => {
    expect(environmentReaders(product)).toEqual([]);
    expect(product["src/config/config.ts"]).toContain("process.env");
  });

  it.each([
    "const port = process.env.PORT;",
    `const port = process.env["PORT"];`,
    `const port = process["env"].PORT;`,
    "const { env } = process;",
    `import { env } from "node:process";`,
    `import { env as settings } from "node:process";`,
  ])("would be found in: %s", (text) => {
    expect(
      environmentReaders({
        "src/api/a.ts": text,
        "src/config/config.ts": text,
      }),
    ).toEqual(["src/api/a.ts"]);
  });

  it("is not found in comments and texts", () => {
    const text = `// process.env.PORT\nconst rule = "process.env is read once"; process.exit(0);`;
    expect(environmentReaders({ "src/api/a.ts": text })).toEqual([]);
  });
});

describe("the SQL files", () => {
  it("are all in use", () => {
    expect(unusedSql(product)).toEqual([]);
    expect(Object.keys(product).some((file) => file.endsWith(".sql"))).toBe(true);
  });

  it("would be found if nobody named them", () => {
    const sources = {
      "src/persistence/a.ts": `const A = sqlFile(import.meta.url, "a.sql"); // b.sql`,
      "src/persistence/a.sql": "SELECT 1",
      "src/persistence/b.sql": "SELECT 2",
      "src/persistence/migrations/a.sql": "SELECT 3",
    };
    expect(unusedSql(sources)).toEqual([
      "src/persistence/b.sql",
      "src/persistence/migrations/a.sql",
    ]);
  });
});

describe("the dependencies", () => {
  it("are listed in package.json if src needs them, and needed if listed", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(dependencyFaults(product, Object.keys(dependencies))).toEqual({
      undeclared: [],
      unused: [],
    });
  });

  it("would be found missing or unused; what only types and specs need may come along with others", () => {
    const sources = {
      "src/api/a.ts": `import x from "@scope/one/deep"; import type { T } from "types-only"; import fs from "node:fs"; import "./b.js";`,
      "src/api/a.spec.ts": `import fc from "fast-check";`,
    };
    const listed = ["two", "types-only", "reflect-metadata"];
    expect(dependencyFaults(sources, listed)).toEqual({
      undeclared: ["@scope/one"],
      unused: ["two"],
    });
  });
});
