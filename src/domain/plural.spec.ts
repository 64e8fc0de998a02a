import { plural } from "./plural.js";

it.each([
  [0, "0 holes"],
  [1, "1 hole"],
  [2, "2 holes"],
  [1n, "1 hole"],
  ["1", "1 hole"],
  ["1,000", "1,000 holes"],
])("writes %p as %s", (count, text) => {
  expect(plural(count, "hole")).toBe(text);
});
