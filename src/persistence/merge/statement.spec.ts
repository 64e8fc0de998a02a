import { queryOf, statement } from "./statement.js";

const TYPES = { times: "bigint[]", market: "integer", width: "bigint" };

describe("a statement", () => {
  const written = statement(
    "write",
    TYPES,
    (slot) =>
      `SELECT ${slot("market")}, x % ${slot("width")} FROM unnest(${slot("times")}) x WHERE x > ${slot("width")}`,
  );

  it("numbers its parameters in the order of the text, each once, and types them", () => {
    expect(written.text).toBe(
      "SELECT $1::integer, x % $2::bigint FROM unnest($3::bigint[]) x WHERE x > $2::bigint",
    );
  });

  it("gets its values by their names", () => {
    const values = { times: "{5,6}", market: 7, width: 60 };
    expect(queryOf(written, values)).toEqual({
      name: "write",
      text: written.text,
      values: [7, 60, "{5,6}"],
    });
  });

  it("has no parameter that its text does not name", () => {
    const short = statement("", TYPES, (slot) => `SELECT ${slot("width")}`);
    expect(short.parameters).toEqual(["width"]);
  });
});
