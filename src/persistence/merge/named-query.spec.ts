import { queryNamed, withQuery, withoutParameters } from "./named-query.js";

const STATEMENT =
  "WITH a AS MATERIALIZED (SELECT (1) + $1, ')'), b AS (SELECT $3 FROM a) SELECT * FROM b";

describe("parts of a statement", () => {
  it("are found by name, whatever parentheses they hold", () => {
    expect(queryNamed(STATEMENT, "a")).toBe("SELECT (1) + $1, ')'");
    expect(queryNamed(STATEMENT, "b")).toBe("SELECT $3 FROM a");
  });

  it("are replaced, and the parameters that nobody uses any more go", () => {
    const other = withQuery(STATEMENT, "a", "SELECT 7");
    expect(withoutParameters(other, 2)).toBe(
      "WITH a AS MATERIALIZED (SELECT 7), b AS (SELECT $1 FROM a) SELECT * FROM b",
    );
  });

  it("that are missing, or parameters still used, are errors", () => {
    expect(() => queryNamed(STATEMENT, "c")).toThrow(/no query is named c/);
    expect(() => withoutParameters(STATEMENT, 2)).toThrow(/\$1 is still used/);
  });
});
