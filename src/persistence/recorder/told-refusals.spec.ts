import type { RefusedRecord } from "./recorder.js";
import { MAX_CONTRADICTIONS, toldRefusals } from "./told-refusals.js";

function refusal(index: number, reason: RefusedRecord["reason"]): RefusedRecord {
  return { index, reason, detail: "" };
}

it("tells every refusal but contradictions beyond the first hundred", () => {
  const all = Array.from({ length: 300 }, (_, index) =>
    refusal(index, index % 2 === 0 ? "content_conflict" : "id_conflict"),
  );
  const told = toldRefusals(all);
  expect(told.filter(({ reason }) => reason === "id_conflict")).toHaveLength(150);
  expect(told.filter(({ reason }) => reason === "content_conflict")).toEqual(
    all.filter(({ index }) => index % 2 === 0 && index < 2 * MAX_CONTRADICTIONS),
  );
  expect(told.map(({ index }) => index)).toEqual(
    told.map(({ index }) => index).toSorted((a, b) => a - b),
  );
});
