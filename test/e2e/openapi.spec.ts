import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Process } from "../support/app.js";
import { createDatabase } from "../support/databases.js";

const GOLDEN = fileURLToPath(new URL("openapi.json", import.meta.url));
/** Prose may change at any time; nothing that a client is built on may unnoticed. */
const PROSE = ["description", "summary"];

function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, of]) => !(PROSE.includes(key) && typeof of === "string"))
      .map(([key, of]) => [key, withoutProse(of)]),
  );
}

/*
 * A change that is meant is written down by UPDATE_OPENAPI=1, and seen in the commit.
 */
it("the API is what its document said before: paths, parameters, fields, types and statuses", async () => {
  const app = await Process.start(["serve"], {
    DATABASE_URL: await createDatabase(),
  });
  try {
    await app.ready();
    const document = withoutProse(await app.get("/docs-json"));
    if (process.env.UPDATE_OPENAPI === "1")
      writeFileSync(GOLDEN, `${JSON.stringify(document, null, 2)}\n`);
    expect(document).toEqual(JSON.parse(readFileSync(GOLDEN, "utf8")));
  } finally {
    await app.stop();
  }
});
