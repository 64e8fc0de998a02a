import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "../src/domain/tapeline-error.js";

const DOCUMENT = readFileSync("docs/errors.md", "utf8");

/** Rows of a section's table, as its cells. */
function rowsOf(section: string): string[][] {
  const [, rest = ""] = DOCUMENT.split(`## ${section}\n`);
  const [part = ""] = rest.split("\n## ");
  return part
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

const sources = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter(({ name }) => name.endsWith(".ts") && !name.endsWith(".spec.ts"))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ file, text: readFileSync(file, "utf8") }));

const found = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, ...codes]) => codes.filter((code) => code !== undefined));

describe("the document of error codes", () => {
  it("has every code of our own errors, with whether a retry can help", () => {
    const documented = rowsOf("In logs, problems of jobs and command output").map(
      ([code, , retry]) => [code, retry === "yes"],
    );
    expect(Object.fromEntries(documented)).toEqual(ERROR_CODES);
    expect(documented).toHaveLength(Object.keys(ERROR_CODES).length);
  });

  it("has every code that a route answers with, and no other", () => {
    const codes = sources
      .filter(({ file }) => !file.endsWith("documented.ts"))
      .flatMap(({ file, text }) => [
        ...found(text, /new ProblemException\(\s*[\w.]+,\s*"([a-z_]+)"/g),
        ...(/^src\/(http|health|ingestion\/posting)\//.test(file)
          ? found(text, /\bcode: "([a-z_]+)"|hasCode\(error, "([a-z_]+)"\)/g)
          : []),
      ])
      // Fastify's own.
      .filter((code) => code !== "payload_too_large");
    expect(
      // A code with two statuses has a row for each.
      [...new Set(rowsOf("Answers over HTTP").map(([code]) => code))].sort(),
    ).toEqual([...new Set([...codes, "transport_unavailable"])].sort());
  });

  it("has every code of the live feed, and no other", () => {
    const text = readFileSync("src/live/live-events.ts", "utf8");
    const [, union = ""] = /\bcode:((?:\s*\|\s*"[a-z_]+")+)/.exec(text) ?? [];
    expect(rowsOf("Answers of the live feed").map(([code]) => code)).toEqual(
      found(union, /"([a-z_]+)"/g),
    );
  });
});
