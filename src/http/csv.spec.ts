import { csvOf, wantsCsv } from "./csv.js";

describe("CSV", () => {
  it("has a header, ends each line with CRLF, and leaves null empty", () => {
    const rows = [
      { price: "0.000000000000000001", closed: true, id: null },
      { price: "100", closed: false, id: "7" },
    ];
    expect(csvOf(["price", "closed", "id"], rows)).toBe(
      "price,closed,id\r\n0.000000000000000001,true,\r\n100,false,7\r\n",
    );
  });

  it("quotes cells that would break a line", () => {
    expect(csvOf(["a"], [{ a: 'x,"y"\n' }])).toBe('a\r\n"x,""y""\n"\r\n');
  });

  it.each([
    ["text/csv", true],
    ["TEXT/CSV; charset=utf-8", true],
    ["text/csv, */*", true],
    ["text/csv;q=0.9, application/json;q=0.5", true],
    ["application/json, text/csv", false],
    ["text/csv, application/json", true],
    ["text/html, application/json, text/csv", false],
    ["application/json;q=0.5, text/csv;q=0.5", false],
    ["application/json;q=0.5, text/csv", true],
    ["application/json;q=0.5, */*", false],
    ["*/*, text/csv", false],
    ["text/csv;q=0.5, */*", false],
    ["text/csv;q=0", false],
    ["text/html,application/xhtml+xml,*/*;q=0.8", false],
    ["*/*", false],
    [undefined, false],
  ])("is preferred by Accept %p: %p", (accept, expected) => {
    expect(wantsCsv(accept)).toBe(expected);
  });
});
